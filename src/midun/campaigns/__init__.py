"""The service month (服务月): from the notice to an approved plan.

Nouns: Campaign (level, year, theme, period), Strand (the notice's own headings), CampaignUnit (who takes part),
PlanLine (one line of 活动安排: 类别, 单位, 序号, 内容), RequiredForm (which statistics form is due when).
Rules: a campaign is launched before units enter plans; importing the same annex again changes nothing; an approved plan
exports to the same table that came in. Records of what was done live above, in activities, visits, publicity.
"""
