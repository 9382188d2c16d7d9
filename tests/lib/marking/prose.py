"""Chinese prose to mark: as dense in Latin words and function words as a technical manual; the same in every run."""

import random

NOUNS = [
    "温度",
    "压力",
    "转速",
    "配方",
    "夹具",
    "传感器",
    "控制器",
    "反应釜",
    "涂层",
    "电解液",
    "模具",
    "阀门",
    "曲线",
    "样品",
    "参数",
    "批次",
    "接口",
    "数据表",
]
LATIN = ["PLC", "MES", "ERP", "Python", "PID", "Modbus", "OPC", "SQL", "JSON", "FPGA", "X7", "CAN", "VPN"]
VERBS = ["检查", "调整", "记录", "比较", "复核", "导出", "校准", "更换", "清洗", "标定", "提交", "上传"]
LINKS = ["如果", "因此", "例如", "必须", "立即", "已经", "按照", "虽然", "如何", "或者", "目前", "包括"]


def prose(seed, characters):
    chance = random.Random(seed)  # noqa: S311  # a text to test with, no secret
    pick = chance.choice
    out, length = [], 0
    while length < characters:
        clause = [pick(LINKS) if chance.random() < 0.5 else "", pick(VERBS), pick(NOUNS)]
        if chance.random() < 0.45:
            clause.insert(2, pick(LATIN))
        if chance.random() < 0.12:
            clause.append(f"（{pick(NOUNS)}{pick(VERBS)}后）")
        clause.append("的" + pick(NOUNS) + pick(NOUNS))
        clause.append(pick("，，，。；"))
        out.append("".join(clause))
        length += len(out[-1])
        if chance.random() < 0.05:
            out.append("\n\n")
    return "".join(out)[:characters]


SOURCE = '''"""控制反应釜升温的程序."""

import math


# 升温曲线（供内部使用）：先按照 PID 参数升温，再立即保温。
def ramp(start, target, minutes):
    step = (target - start) / max(minutes, 1)
    for minute in range(minutes):
        yield start + step * minute


def hold(target, minutes, sensor):
    readings = []
    for minute in range(minutes):
        value = sensor.read()
        if abs(value - target) > 2.5:
            raise RuntimeError("temperature out of range")
        readings.append(value)
    return math.fsum(readings) / len(readings)
'''
