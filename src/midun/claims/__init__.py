"""诉求台账: what enterprises need, ask and suggest, and what became of it.

Nouns: Claim (诉求或困难, with working-day deadlines and the steps 登记→受理→办理→办结/不予受理/转办), Note
(办理情况 between two steps, told to the enterprise or not), Handover (转办), Suggestion (意见建议, one by one, with a
topic).

Rules: the days promised are content (`content/claims/pledges.yaml`), a pledge and not a statutory limit; every step has
its reason in the trail; the unit that took a claim down or handed it on follows its course and the reply, but reads no
internal note and no mark as a lead; a claim that smells of infringement is marked as a lead (线索) for later case work;
this is a service ledger, not a 投诉 channel and not the legal channel for 举报.
"""
