import pytest
from django.core.management import CommandError, call_command

from midun.lib.tlog.directory import LogDirectory
from tests.lib.tlog.building import KEY, NOW, ORIGIN

pytestmark = pytest.mark.django_db  # where PostgreSQL decides, the command asks it which log lies there


@pytest.fixture
def log(tmp_path):
    with LogDirectory.create(tmp_path / "log", ORIGIN, NOW).running([KEY], NOW) as sequencer:
        sequencer.commit([f"entry {number}".encode() for number in range(300)], NOW)
    return tmp_path / "log"


def test_it_works(log, capsys):
    call_command("log", "fsck", str(log), key=[KEY.verifier.vkey])
    said = capsys.readouterr()
    assert "300 条记录" in said.out
    assert "签名已核验；未发现损坏" in said.out
    assert said.err == ""
    call_command("log", "fsck", str(log))
    assert "签名未核验" in capsys.readouterr().out


def test_it_names_the_damaged_file_and_fails(log, capsys):
    target = log / "public/tile/0/000"
    target.chmod(0o644)
    target.write_bytes(target.read_bytes()[:-1] + b"?")
    with pytest.raises(SystemExit) as ended:
        call_command("log", "fsck", str(log))
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert "损坏 changed public/tile/0/000：第 255 个哈希被改动" in said.err
    assert "发现 1 处损坏" in said.out


def test_it_rejects_what_it_cannot_check(tmp_path):
    with pytest.raises(CommandError, match="没有这个目录") as refused:
        call_command("log", "fsck", str(tmp_path / "nowhere"))
    assert refused.value.returncode == 2
    with pytest.raises(CommandError, match="公钥的写法不对") as refused:
        call_command("log", "fsck", str(tmp_path), key=["nonsense"])
    assert refused.value.returncode == 2
