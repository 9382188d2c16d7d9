"""Publicity shows on the plan lines it carries out."""

from midun.campaigns.linked import register
from midun.publicity.models import GovReport, NewsItem, QuestionnaireHandout, TypicalCase

register(QuestionnaireHandout, label="问卷", entrance=("登记问卷发放", "publicity:questionnaire-new"))
register(TypicalCase, label="案例", day="published_on")
register(GovReport, label="报送", day="sent_on", entrance=("登记报送", "publicity:gov-report-new"))
register(NewsItem, label="报道", entrance=("登记报道", "publicity:news-item-new"))
