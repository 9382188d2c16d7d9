"""Publicity shows on the plan lines it carries out."""

from midun.campaigns.linked import register
from midun.publicity.models import GovReport, NewsItem, QuestionnaireHandout, TypicalCase

register(QuestionnaireHandout, label="问卷")
register(TypicalCase, label="案例", day="published_on")
register(GovReport, label="报送", day="sent_on")
register(NewsItem, label="报道")
