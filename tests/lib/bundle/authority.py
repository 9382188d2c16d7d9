"""Time-stamp authorities for tests, made with OpenSSL's command line: another implementation than ours."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

CONFIG = """
[tsa]
default_tsa = one
[one]
dir = .
serial = ./serial
crypto_device = builtin
signer_digest = sha256
default_policy = {policy}
digests = sha256, sm3
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
[unit]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = {usage}
[req]
distinguished_name = dn
[dn]
"""
KEYS = {
    "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "p521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["-algorithm", "RSA"],
}
POLICY = "1.2.3.4.1"


@dataclass
class Authority:
    """An authority with its root and its unit's certificate, in a folder."""

    folder: Path
    kind: str = "ec"
    policy: str = POLICY
    usage: str = "critical, timeStamping"
    days: str = "30"

    def __post_init__(self):
        self.folder.mkdir()
        (self.folder / "tsa.cnf").write_text(CONFIG.format(policy=self.policy, usage=self.usage))
        (self.folder / "serial").write_text("01\n")
        for name in ("root", "unit"):
            self.openssl("genpkey", *KEYS[self.kind], "-out", f"{name}.key")
        config = ["-config", "tsa.cnf", "-sha256"]
        self.openssl("req", "-x509", "-key", "root.key", "-out", "root.pem", "-subj", f"/O=Test/CN=Root {self.kind}",
                     "-extensions", "ca", "-days", "300", *config)  # fmt: skip
        self.openssl(
            "req",
            "-new",
            "-key",
            "unit.key",
            "-out",
            "unit.csr",
            "-subj",
            "/O=Test/CN=测试时间戳机构",
            "-utf8",
            *config,
        )
        self.openssl("x509", "-req", "-in", "unit.csr", "-CA", "root.pem", "-CAkey", "root.key", "-set_serial", "77",
                     "-out", "unit.pem", "-extfile", "tsa.cnf", "-extensions", "unit", "-days", self.days, "-sha256")  # fmt: skip

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def chain(self):
        return (self.folder / "root.pem").read_bytes()

    def stamp(self, text, *, digest="sha256", certificates=True):
        (self.folder / "data").write_bytes(text)
        asked = ["-cert"] if certificates else []
        self.openssl("ts", "-query", "-data", "data", f"-{digest}", *asked, "-out", "ask.tsq")
        self.openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "ask.tsq", "-signer", "unit.pem",
                     "-inkey", "unit.key", "-out", "answer.tsr")  # fmt: skip
        return (self.folder / "answer.tsr").read_bytes()
