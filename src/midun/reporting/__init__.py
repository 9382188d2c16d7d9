"""统计报送: the forms a campaign asks for, who has sent them, and the summary report.

Nouns: board (who has submitted, is late, was returned), form page, drill-down, outputs, summary report. Rules: the
numbers, checks and steps live in `kernel.statistics`; here are only the forms of a campaign, the pages and the papers.
"""
