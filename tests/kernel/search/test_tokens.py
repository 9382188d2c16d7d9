"""Tokens: whatever occurs in a text is found in it, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from midun.kernel.search.tokens import normal, phrase, tokens, words_of


def occurs(word, text):
    """What the database does: the tokens of the word follow each other, the last one perhaps going on."""
    held, asked = tokens(text), phrase(word)
    size = len(asked.tokens)

    def fits(at):
        *first, last = held[at : at + size]
        return tuple(first) == asked.tokens[:-1] and (
            last.startswith(asked.tokens[-1]) if asked.open else last == asked.tokens[-1]
        )

    return any(fits(at) for at in range(len(held) - size + 1))


def test_pairs_of_characters_and_whole_words():
    assert tokens("商业秘密GB/T 9704") == ["商业", "业秘", "秘密", "密", "gb", "t", "9704"]
    assert tokens("ＡＢ密") == ["ab", "密"]
    assert tokens("，。") == []


def test_words_of_a_query():
    assert words_of("  商业秘密，  保护？ ") == ["商业秘密", "保护"]
    assert words_of("！！ …… ") == []
    assert words_of("一 二 三 四 五 六") == ["一", "二", "三", "四", "五"]
    assert words_of("密" * 50) == ["密" * 30]


CHINESE = st.text(alphabet="商业秘密保护法甲乙", min_size=1, max_size=20)


@given(CHINESE, st.data())
def test_every_piece_of_a_text_is_found(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    stop = data.draw(st.integers(start + 1, len(text)))
    assert occurs(text[start:stop], text)


@given(CHINESE, CHINESE)
def test_nothing_is_found_that_does_not_occur(word, text):
    assert occurs(word, text) == (word in text)


MIXED = st.text(alphabet="密码A1 ，b书", min_size=1, max_size=15)


@given(MIXED)
def test_a_word_of_mixed_script_is_found_in_its_own_text(text):
    assert all(occurs(word, text) for word in words_of(text))


@given(st.text(max_size=40))
def test_any_text_at_all_can_be_asked_for(text):
    for word in words_of(text):
        asked = phrase(word)
        assert asked.tokens
        assert all(token and token.isalnum() and token == normal(token) for token in asked.tokens)
