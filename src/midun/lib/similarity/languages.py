"""Programming languages: which files they are in, what their comments and strings look like, their keywords."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from midun.lib.similarity.kernels.lexer import (
    BACKTICK,
    BANG,
    BRACES,
    DASHES,
    HASH,
    LOWER,
    NAME,
    PERCENT,
    QUOTE,
    SEMICOLON,
    SLASHES,
    STARS,
    TRIPLE,
)
from midun.lib.similarity.keys import Key, Words

C_WORDS = (
    "abstract as assert async auto await bool boolean break byte case catch chan char class const continue crate "
    "default defer delete do double else enum export extends extern final finally float fn for foreach func function "
    "go goto guard if impl implements import in inline inner instanceof int interface internal is lateinit let long "
    "loop match mod module mut namespace native new nil null nullptr object of operator out override package private "
    "protected pub public range readonly record ref register return sealed select self short signed sizeof static "
    "struct super switch synchronized template this throw throws trait true false try type typedef typename typeof "
    "undefined union unsafe unsigned use using val var virtual void volatile when where while with yield"
)
P_WORDS = (
    "False None True and as assert async await begin break case class continue def del do done elif else elsif end "
    "ensure except fi finally for foreach from function global if import in is lambda let local module my nil "
    "nonlocal not or our package pass raise redo require rescue retry return self sub super then true false try "
    "undef unless until use when while with yield"
)
S_WORDS = (
    "add all alter and any as asc begin between by call case check column commit constraint create cross cursor "
    "database declare default delete desc distinct do drop else elsif end except execute exists fetch for foreign from "
    "full function grant group having if in index inner insert intersect into is join key left like limit loop local "
    "nil not null on or order outer primary procedure references return returns right rollback row select set table "
    "then to trigger union unique update using values view when where while with repeat until true false"
)


@dataclass(frozen=True)
class Language:
    """`flags`: comment and string forms (kernels.lexer); `words`: keywords that renaming cannot touch."""

    name: str
    flags: int
    words: str
    suffixes: tuple[str, ...]


C_LIKE = SLASHES | STARS
LANGUAGES = (
    Language("python", HASH | TRIPLE, P_WORDS, (".py", ".pyw", ".pyx", ".pyi")),
    Language("c", C_LIKE, C_WORDS, (".c", ".h")),
    Language("c++", C_LIKE, C_WORDS, (".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx", ".cu", ".ino")),
    Language("java", C_LIKE | TRIPLE, C_WORDS, (".java",)),
    Language("kotlin", C_LIKE | TRIPLE, C_WORDS, (".kt", ".kts")),
    Language("scala", C_LIKE | TRIPLE, C_WORDS, (".scala",)),
    Language("groovy", C_LIKE | TRIPLE, C_WORDS, (".groovy", ".gradle")),
    Language("javascript", C_LIKE | BACKTICK, C_WORDS, (".js", ".mjs", ".cjs", ".jsx")),
    Language("typescript", C_LIKE | BACKTICK, C_WORDS, (".ts", ".tsx", ".vue", ".ets")),
    Language("c#", C_LIKE, C_WORDS, (".cs",)),
    Language("go", C_LIKE | BACKTICK, C_WORDS, (".go",)),
    Language("rust", C_LIKE, C_WORDS, (".rs",)),
    Language("swift", C_LIKE | TRIPLE, C_WORDS, (".swift",)),
    Language("objective-c", C_LIKE, C_WORDS, (".m", ".mm")),
    Language("dart", C_LIKE | TRIPLE, C_WORDS, (".dart",)),
    Language("php", C_LIKE | HASH, C_WORDS, (".php",)),
    Language("verilog", C_LIKE, C_WORDS + " " + P_WORDS, (".v", ".sv", ".vh")),
    Language("structured text", C_LIKE | BRACES | LOWER, S_WORDS, (".st", ".scl", ".iecst")),
    Language("ruby", HASH, P_WORDS, (".rb",)),
    Language("shell", HASH, P_WORDS, (".sh", ".bash", ".zsh", ".ps1")),
    Language("perl", HASH, P_WORDS, (".pl", ".pm")),
    Language("r", HASH, P_WORDS, (".r",)),
    Language("julia", HASH | TRIPLE, P_WORDS, (".jl",)),
    Language("elixir", HASH | TRIPLE, P_WORDS, (".ex", ".exs")),
    Language("sql", DASHES | STARS | LOWER, S_WORDS, (".sql", ".plsql", ".pks", ".pkb")),
    Language("lua", DASHES, S_WORDS, (".lua",)),
    Language("haskell", DASHES, P_WORDS, (".hs",)),
    Language("vhdl", DASHES | LOWER, S_WORDS, (".vhd", ".vhdl")),
    Language("matlab", PERCENT | HASH, P_WORDS, (".mlx", ".oct", ".matlab")),
    Language("erlang", PERCENT, P_WORDS, (".erl",)),
    Language("lisp", SEMICOLON, P_WORDS, (".lisp", ".cl", ".scm", ".clj", ".el")),
    Language("assembler", SEMICOLON | HASH | LOWER, P_WORDS, (".asm", ".s")),
    Language("visual basic", QUOTE | LOWER, S_WORDS, (".vb", ".bas", ".vbs", ".cls", ".frm")),
    Language("fortran", BANG | LOWER, S_WORDS, (".f90", ".f95", ".f03", ".f")),
    Language("pascal", SLASHES | BRACES | LOWER, S_WORDS, (".pas", ".dpr", ".pp")),
)
BY_NAME = {language.name: language for language in LANGUAGES}
BY_SUFFIX = {suffix: language for language in LANGUAGES for suffix in language.suffixes}


@lru_cache(maxsize=64)
def keywords(key: Key, name: str) -> Words:
    """Keyed hashes of a language's keywords, sorted, as `kernels.lexer.lex` computes them."""
    language = BY_NAME[name]
    words = language.words.lower().split() if language.flags & LOWER else language.words.split()
    values, base = [int(v) for v in key.characters[:128]], int(key.base)
    out = set()
    for word in words:
        h = 0
        for char in word:
            h = (h * base + values[ord(char)]) % 2**64
        out.add((h + NAME) % 2**64)
    return np.array(sorted(out), np.uint64)
