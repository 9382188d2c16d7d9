"""The label in Office files: a custom XML part, and custom properties that other label tools read."""

import hashlib
import uuid

from lxml import etree

from midun.lib.marking.documents.package import CONTENT_TYPES, OFFICE_RELS, Package, write_xml

LABEL = "urn:midun:label:1:"
_PROPERTIES = "docProps/custom.xml"
_CUSTOM = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_VT = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_DS = "http://schemas.openxmlformats.org/officeDocument/2006/customXml"
_CUSTOM_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_PROPS_TYPE = "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"


def get(package: Package) -> bytes | None:
    """The envelope."""
    for name in package.related(package.main, "customXml"):
        root = package.xml(name)
        if root.tag == f"{{{LABEL}}}label":
            return (root.text or "").encode()
    return None


def put(package: Package, envelope: bytes, properties: dict[str, str], old: set[str]) -> None:
    """Write the label in place of one that is there; `old` names properties of ours to take out first."""
    remove(package, old)
    root = etree.Element(f"{{{LABEL}}}label", nsmap={"midun": LABEL})
    root.text = envelope.decode()
    item = package.fresh("customXml/item{}.xml")
    props = item.replace("customXml/item", "customXml/itemProps")
    package.put(item, write_xml(root))
    package.default_type("xml", "application/xml")
    stored = etree.Element(f"{{{_DS}}}datastoreItem", nsmap={"ds": _DS})
    stored.set(f"{{{_DS}}}itemID", "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, LABEL)).upper() + "}")
    package.put(props, write_xml(stored), _PROPS_TYPE)
    package.relate(item, props, f"{OFFICE_RELS}/customXmlProps")
    package.relate(package.main, item, f"{OFFICE_RELS}/customXml")
    _set_properties(package, properties)


def remove(package: Package, properties: set[str]) -> None:
    """Take out the label and those properties; all else stays."""
    for name in package.related(package.main, "customXml"):
        if package.xml(name).tag == f"{{{LABEL}}}label":
            for held in package.related(name, "customXmlProps"):
                package.drop(held)
            package.drop(name)
            package.drop(name.replace("customXml/", "customXml/_rels/") + ".rels")
            package.unrelate(package.main, name)
    if _PROPERTIES in package.names():
        root = package.xml(_PROPERTIES)
        for one in list(root):
            if one.get("name") in properties:
                root.remove(one)
        package.put(_PROPERTIES, write_xml(root))


def properties(package: Package) -> dict[str, str]:
    """All custom properties, as text."""
    if _PROPERTIES not in package.names():
        return {}
    return {one.get("name", ""): "".join(one.itertext()) for one in package.xml(_PROPERTIES)}


def _set_properties(package: Package, wanted: dict[str, str]) -> None:
    if _PROPERTIES in package.names():
        root = package.xml(_PROPERTIES)
    else:
        root = etree.Element(f"{{{_CUSTOM}}}Properties", nsmap={None: _CUSTOM, "vt": _VT})
        package.relate("", _PROPERTIES, f"{OFFICE_RELS}/custom-properties")
    number = max((int(one.get("pid", "1")) for one in root if one.get("pid", "1").isdigit()), default=1)
    for place, (name, value) in enumerate(sorted(wanted.items()), number + 1):
        held = etree.SubElement(root, f"{{{_CUSTOM}}}property", fmtid=_FORMAT_ID, pid=str(place), name=name)
        etree.SubElement(held, f"{{{_VT}}}lpwstr").text = value
    package.put(_PROPERTIES, write_xml(root), _CUSTOM_TYPE)


def digest(package: Package) -> str:
    """SHA-256 over all parts but those a label may touch."""
    total = hashlib.sha256()
    for name in sorted(package.names()):
        if name == CONTENT_TYPES or name.endswith(".rels") or name.startswith(("docProps/", "customXml/")):
            continue
        content = package.part(name)
        total.update(name.encode() + b"\x00" + len(content).to_bytes(8, "big") + content)
    return total.hexdigest()
