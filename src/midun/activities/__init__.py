"""活动: what units did together with people, and who was there.

Nouns: Activity (活动, on a day, of a kind), Participation (参会, one person at one event: 人次), SignIn (现场签到, the
QR code of an event), Certificate (参训证书, signed so that it can be verified without us).
Rules: one sign-in per person and event; an enterprise counts (家) only once it is matched to the directory, a person
(人次) at once; what is counted without a list carries a reason; a voided event or person no longer counts.
"""
