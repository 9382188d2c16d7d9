from hypothesis import given
from hypothesis import strategies as st

from midun.lib.wording import quoted


def test_marks_inside_marks_are_of_the_other_kind():
    assert quoted("“企业商业秘密保护能力提升服务月”（演示）") == "“‘企业商业秘密保护能力提升服务月’（演示）”"
    assert quoted("服务月") == "“服务月”"
    assert quoted("把“‘密’点”说清") == "“把‘“密”点’说清”"


@given(st.text(alphabet="甲乙“”‘’", max_size=30))
def test_the_outer_marks_never_stand_next_to_their_like(text):
    assert not quoted(text).startswith("““" if text.startswith("“") else "‘‘")
    assert len(quoted(text)) == len(text) + 2
