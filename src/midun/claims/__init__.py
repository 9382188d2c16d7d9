"""诉求台账: what enterprises need, ask and suggest, and what became of it.

Nouns: Claim (诉求或困难, with a working-day deadline and steps 登记→受理→办理→办结/不予受理/转办), Suggestion (意见建议, one by
one, with a topic). Rules: every step has its reason in the trail; a claim that smells of infringement is marked as a
lead (线索) for later case work; this is a service ledger, not a 投诉 channel and not the legal channel for 举报.
"""
