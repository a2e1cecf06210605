from __future__ import annotations

import multiprocessing
from decimal import Decimal
from pathlib import Path

import pytest

from storyboard.testing.ledger import Charge, KeyUsedOtherwise, Ledger


def charge(job: str, key: str = "", body: str = "b", amount: str = "0.84", account: str = "us") -> Charge:
    return Charge(job, 1.5, account, key, "m", body, "Go.", Decimal(amount), 5, (320, 180), audio=True)


def add(ledger: Ledger, order: Charge) -> Charge:
    return ledger.charge(order, lambda _: order)


def test_what_is_charged_is_read_back_by_anybody(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "new")
    assert ledger.total == 0
    one, two = add(ledger, charge("a")), add(ledger, charge("b", body="c"))
    ledger.deliver("a", "ab" * 32)
    other = Ledger(tmp_path / "new")
    assert other.charges == (one, two) == ledger.charges
    assert other.total == Decimal("1.68")
    assert other.deliveries == {"a": "ab" * 32}
    add(other, charge("c"))
    assert set(ledger.jobs) == {"a", "b", "c"}


def test_a_key_is_one_charge_for_one_account(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert add(ledger, charge("a", "k")).job == "a"
    assert add(ledger, charge("b", "k")).job == "a"
    assert add(ledger, charge("c", "k", account="them")).job == "c"
    with pytest.raises(KeyUsedOtherwise):
        add(ledger, charge("d", "k", body="other"))
    assert set(ledger.jobs) == {"a", "c"}
    assert ledger.double() == ()


def test_double_charges_are_those_beyond_what_was_meant(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for job in "abc":
        add(ledger, charge(job))
    add(ledger, charge("free", amount="0"))
    add(ledger, charge("other", body="c"))
    assert [one.job for one in ledger.double()] == ["b", "c"]
    assert [one.job for one in ledger.double(takes=2)] == ["c"]
    assert ledger.double(takes=3) == ()


def test_who_decides_is_told_what_was_charged_and_may_refuse(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    add(ledger, charge("a"))

    def refuse(total: Decimal) -> Charge:
        raise RuntimeError(str(total))

    with pytest.raises(RuntimeError, match=r"0\.84"):
        ledger.charge(charge("b"), refuse)
    assert set(ledger.jobs) == {"a"}


def test_a_line_whose_writer_was_killed_is_no_charge_and_harms_none(tmp_path: Path) -> None:
    add(Ledger(tmp_path), charge("a"))
    whole = (tmp_path / "ledger.jsonl").read_bytes()
    for kept in range(1, len(whole)):
        (tmp_path / "ledger.jsonl").write_bytes(whole + whole[:kept])
        ledger = Ledger(tmp_path)
        assert len(ledger.charges) == 1
        add(ledger, charge("b"))
        assert [one.job for one in Ledger(tmp_path).charges] == ["a", "b"]


def spend(folder: Path, name: int) -> None:
    ledger = Ledger(folder)
    for number in range(20):
        add(ledger, charge(f"{name}-{number}", key=f"key-{number}", body=f"body-{number}"))


def test_gateways_in_several_processes_share_one_ledger(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=spend, args=(tmp_path, name)) for name in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len(Ledger(tmp_path).charges) == 20
