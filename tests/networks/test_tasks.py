from itertools import product

import numpy as np
import pytest

from xorsweep.errors import ConfigError
from xorsweep.fields import fields_of
from xorsweep.fields.values import read_value
from xorsweep.networks.tasks import TASKS, Boolean, Encoder, Parity, Task, Xor

TWO_BITS = {
    "xor": lambda a, b: a != b,
    "xnor": lambda a, b: a == b,
    "and": lambda a, b: a and b,
    "nand": lambda a, b: not (a and b),
    "or": lambda a, b: a or b,
}


@pytest.mark.parametrize("name", TWO_BITS)
def test_a_function_of_two_bits_has_its_four_answers_in_counting_order(name: str) -> None:
    task = TASKS[name]()
    rows = [(0, 0), (0, 1), (1, 0), (1, 1)]
    np.testing.assert_array_equal(task.inputs(), rows)
    np.testing.assert_array_equal(task.targets(), [[int(TWO_BITS[name](*row))] for row in rows])
    assert task.row_labels() == ("00", "01", "10", "11")


@pytest.mark.parametrize("bits", range(2, 9))
def test_parity_is_one_where_an_odd_number_of_bits_is(bits: int) -> None:
    task = Parity(bits=bits)
    rows = list(product((0, 1), repeat=bits))
    np.testing.assert_array_equal(task.inputs(), rows)
    np.testing.assert_array_equal(task.targets()[:, 0], [row.count(1) % 2 for row in rows])
    assert task.row_labels() == tuple(format(number, f"0{bits}b") for number in range(2**bits))


def test_parity_of_two_bits_is_xor() -> None:
    np.testing.assert_array_equal(Parity(bits=2).inputs(), Xor().inputs())
    np.testing.assert_array_equal(Parity(bits=2).targets(), Xor().targets())


@pytest.mark.parametrize("bits", [2, 3])
def test_a_table_s_number_has_the_target_of_row_k_as_its_bit_k(bits: int) -> None:
    rows = list(product((0, 1), repeat=bits))
    seen = set()
    for table in range(2**2**bits):
        task = Boolean(bits=bits, table=table)
        task.check()
        np.testing.assert_array_equal(task.inputs(), rows)
        answers = task.targets()[:, 0].astype(int).tolist()
        assert sum(answer * 2**row for row, answer in enumerate(answers)) == table
        seen.add(tuple(answers))
    assert len(seen) == 2**2**bits


@pytest.mark.parametrize(
    ("table", "name"), [(6, "xor"), (9, "xnor"), (8, "and"), (7, "nand"), (14, "or")]
)
def test_tasks_with_a_name_have_a_number_too(table: int, name: str) -> None:
    numbered, named = Boolean(table=table), TASKS[name]()
    np.testing.assert_array_equal(numbered.inputs(), named.inputs())
    np.testing.assert_array_equal(numbered.targets(), named.targets())
    np.testing.assert_array_equal(Boolean(bits=3, table=150).targets(), Parity().targets())


@pytest.mark.parametrize(("bits", "table"), [(2, 16), (3, 256), (4, 2**16), (5, 2**32)])
def test_a_number_beyond_those_of_all_functions_is_refused(bits: int, table: int) -> None:
    Boolean(bits=bits, table=table - 1).check()
    line = f"task.table={table}: must be a whole number from 0 to {table - 1} with task.bits={bits}"
    with pytest.raises(ConfigError, match=line):
        Boolean(bits=bits, table=table).check()


def test_the_encoder_is_to_repeat_each_unit_vector() -> None:
    task = Encoder(size=10)
    np.testing.assert_array_equal(task.inputs(), np.eye(10))
    np.testing.assert_array_equal(task.targets(), np.eye(10))
    assert task.row_labels() == tuple("0123456789")


@pytest.mark.parametrize("name", TASKS)
def test_soft_levels_and_bipolar_inputs_change_the_numbers_and_not_the_labels(name: str) -> None:
    plain = TASKS[name]()
    changed = TASKS[name](levels="soft", encoding="bipolar")
    np.testing.assert_array_equal(changed.inputs(), np.where(plain.inputs() == 1, 1, -1))
    np.testing.assert_array_equal(changed.targets(), np.where(plain.targets() == 1, 0.9, 0.1))
    assert changed.row_labels() == plain.row_labels()


@pytest.mark.parametrize("name", TASKS)
def test_a_truth_table_is_of_float64_with_a_label_a_row(name: str) -> None:
    task: Task = TASKS[name]()
    assert task.inputs().dtype == task.targets().dtype == np.float64
    assert len(task.inputs()) == len(task.targets()) == len(set(task.row_labels()))


@pytest.mark.parametrize(("name", "key", "value"), [("parity", "bits", 0), ("encoder", "size", 1)])
def test_a_task_of_no_size_is_refused(name: str, key: str, value: int) -> None:
    with pytest.raises(ConfigError, match=f"task.{key}={value}"):
        read_value(f"task.{key}", value, fields_of(TASKS[name])[key])


def test_direct_links_are_refused_where_the_hidden_units_are_the_task() -> None:
    assert [name for name, task in TASKS.items() if not task.allows_skip] == ["encoder"]
