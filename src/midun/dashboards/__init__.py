"""工作台 and 大屏: what a person should do next, and how the month goes.

Nouns: desk (todos, what one did, quick entries, the running campaign), board (the 17 figures, progress by unit against
the plan, the trend by day, the latest records). Rules: nothing is counted here: every number is a registered figure
or a count of visible records, and every tile opens its table.
"""
