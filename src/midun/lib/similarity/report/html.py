"""The report as one HTML file: no script, no foreign address, prints in gray."""

from collections.abc import Iterable
from html import escape
from typing import Any

STYLE = """
body{font:15px/1.7 "Noto Serif CJK SC","Songti SC",SimSun,serif;color:#111;max-width:72rem;margin:2rem auto;
padding:0 1rem}
h1{font-size:1.6rem;text-align:center}
h2{font-size:1.25rem;border-bottom:2px solid #111;margin-top:2.2rem}
h3{font-size:1.05rem}
table{border-collapse:collapse;width:100%;margin:.6rem 0}
th,td{border:1px solid #777;padding:.3rem .5rem;vertical-align:top;text-align:left}
th{background:#eee;font-weight:600}
.side{table-layout:fixed}
.side td{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.92rem}
.code td{font-family:"Noto Sans Mono CJK SC",Consolas,monospace;font-size:.82rem;line-height:1.5}
mark{background:#ffe08a;color:inherit;border-bottom:2px solid #8a5a00}
ins{text-decoration:none;background:#e3e3e3;border-bottom:1px dotted #555}
.hash{font-family:monospace;font-size:.8rem;overflow-wrap:anywhere}
.note{color:#444;font-size:.9rem}
.tag{border:1px solid #555;border-radius:3px;padding:0 .4em;font-size:.85rem;margin-right:.4em}
.wide{overflow-x:auto}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}tr{break-inside:avoid}
mark,ins{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
FORMS = {"verbatim": "相同", "adapted": "有改动"}
KINDS = {"prose": "文字", "code": "源代码", "table": "表格"}


def percent(share: float) -> str:
    """A share for people."""
    return f"{share:.1%}"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]], kind: str = "") -> str:
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    table = f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="wide">{table}</div>'


def _pieces(pieces: list[list[Any]]) -> str:
    tags = {True: "mark", False: "ins"}
    return "".join(f"<{tags[bool(same)]}>{escape(text)}</{tags[bool(same)]}>" for text, same in pieces)


def _materials(documents: list[dict[str, Any]]) -> str:
    rows = []
    for each in documents:
        notices = "".join(f'<div class="note">注意：{escape(n)}</div>' for n in each["notices"])
        digest = f'<div class="hash">SHA-256 {each["sha256"]}<br>SM3 {each["sm3"]}</div>'
        rows.append((escape(each["name"]) + notices, f"{each['size']:,}", digest))
    return _table(("材料", "字节", "摘要"), rows)


def _summary(findings: list[dict[str, Any]]) -> str:
    heads = ("秘点", "类型", "重合", "其中相同", "其中有改动", "次序变动", "属公开内容", "分值（比特）", "误报率")
    rows = [
        (
            escape(f"{f['id']}　{f['title']}"),
            KINDS[f["kind"]],
            *(percent(f[name]) for name in ("covered", "verbatim", "adapted", "reordered", "public")),
            f"{f['evidence_bits']:.0f}" if f["evidence_bits"] > 0 else "—",
            escape(f["false_positives"]["sentence"] if f["above_threshold"] else "未达到报告阈值"),
        )
        for f in findings
    ]
    return _table(heads, rows)


def _passages(finding: dict[str, Any]) -> str:
    out = []
    for number, each in enumerate(finding["passages"], 1):
        tags = [
            FORMS[each["form"]],
            *(["次序变动"] if each["reordered"] else []),
            *(["公开内容"] if each["public"] else []),
        ]
        shown = "".join(f'<span class="tag">{tag}</span>' for tag in tags)
        where = escape(f"{each['document']} {each['place']}")
        out.append(f"<h3>段落 {number} {shown}</h3>")
        heads = (f"甲方材料（第 {each['a'][0]}—{each['a'][1]} 字）", f"{where}（第 {each['b'][0]}—{each['b'][1]} 字）")
        kind = "side code" if finding["kind"] == "code" else "side"
        out.append(_table(heads, [(_pieces(each["a_text"]), _pieces(each["b_text"]))], kind))
    return "".join(out)


def _rows(finding: dict[str, Any]) -> str:
    if not finding["rows"]:
        return ""
    columns = "、".join(f"甲第{c['a']}列＝乙第{c['b']}列（{c['rows']}行）" for c in finding["columns"])
    rows = []
    for row in finding["rows"]:
        changed = "<br>".join(
            f"第{c['column']}列：{escape(c['a'])} → {escape(c['b']) or '（无对应）'}" for c in row["changed"]
        )
        cells = [escape("｜".join(row[side])) for side in ("a_cells", "b_cells")]
        rows.append((f"{row['a']}", cells[0], f"{row['b']}", cells[1], changed or "无"))
    heads = ("甲行", "甲方内容", "乙行", "乙方内容", "改动的单元格")
    return f"<h3>列的对应</h3><p>{escape(columns)}</p><h3>逐行对照</h3>" + _table(heads, rows)


def _finding(finding: dict[str, Any]) -> str:
    out = [f"<h2>秘点 {escape(finding['id'])}　{escape(finding['title'])}</h2>"]
    if not finding["passages"] and not finding["rows"]:
        out.append("<p>没有发现达到报告条件的重合段落。</p>")
    out += [_passages(finding), _rows(finding)]
    if finding["functions"]:
        pairs = [(escape(f["a"]), escape(f["b"]), percent(f["share"])) for f in finding["functions"]]
        out.append("<h3>逐函数对照</h3>" + _table(("甲方函数", "乙方对应", "重合"), pairs))
    if finding["renames"]:
        rows = [(escape(r["a"]), escape(r["b"]), f"{r['times']}") for r in finding["renames"][:200]]
        out.append("<h3>名称对应（改名）</h3>" + _table(("甲方名称", "乙方名称", "次数"), rows))
    if finding["conceded"]:
        listed = "".join(f"<li>{escape(text)}</li>" for text in finding["conceded"])
        out.append(f"<h3>权利人自认公开的内容</h3><ul>{listed}</ul>")
    if finding["uncovered"]:
        gaps = [(f"{u['a'][0]}—{u['a'][1]}", escape(u["text"])) for u in finding["uncovered"]]
        out.append("<h3>未覆盖的部分（乙方材料中没有找到）</h3>" + _table(("位置（字）", "内容"), gaps, "side"))
    return "".join(out)


def to_html(facts: dict[str, Any]) -> str:
    """The whole page."""
    limits = "".join(f"<li>{escape(text)}</li>" for text in facts["limits"])
    factors = _table(("第十三条的考虑因素", "本报告"), [(escape(a), escape(b)) for a, b in facts["factors"]])
    points = f'<p class="hash">秘点文件 SHA-256 {facts["points_sha256"]}</p>' if facts["points_sha256"] else ""
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>同一性比对报告</title>'
        f"<style>{STYLE}</style></head><body><h1>同一性比对报告</h1>"
        f"<p>{escape(facts['program'])}，规范化版本 {escape(facts['pipeline'])}，作于 {escape(facts['made_at'])}。</p>"
        f"<h2>一、结果</h2>{_summary(facts['findings'])}"
        '<p class="note">黄底（印为灰底加实线）为两边相同的内容，灰底虚线为不同的内容。</p>'
        f"<h2>二、材料</h2><h3>甲方（主张的商业秘密）</h3>{_materials(facts['a'])}{points}"
        f"<h3>乙方（被比对的材料）</h3>{_materials(facts['b'])}"
        f"<h2>三、逐点对照</h2>{''.join(map(_finding, facts['findings']))}"
        f"<h2>四、方法与依据</h2><p>{escape(facts['method'])}</p><p>{escape(facts['basis'])}</p>{factors}"
        f"<h2>五、限度</h2><ol>{limits}</ol>"
        f'<h2>六、重做本报告</h2><p class="hash">{escape(facts["command"])}</p>'
        "<p>同样的材料、同一版本的程序得到同样的结果。报告文件的摘要可以存证。</p></body></html>\n"
    )
