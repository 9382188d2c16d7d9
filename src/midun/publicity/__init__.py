"""宣传与公开: what is told to the public and to the leadership, and what was handed out.

Nouns: QuestionnaireHandout (发放问卷, a count with its source), TypicalCase (典型案例, published only after a second
person's redaction check), GovReport (向党委、政府报送), NewsItem (宣传报道, with the medium's level), Resource
(资料下载).
Rules: the author of a case never reviews it; what is on the portal was put there by a named officer; each record counts
once, on its own date.
"""
