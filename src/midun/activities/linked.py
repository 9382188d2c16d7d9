"""Activities show on the plan lines they carry out."""

from midun.activities.models import Activity
from midun.campaigns.linked import register

register(Activity, label="活动", entrance=("登记活动", "activities:new"))
