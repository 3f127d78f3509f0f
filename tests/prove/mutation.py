"""Mutation testing without a framework: do the tests notice when the code is wrong?

``python -m tests.prove.mutation compat/avro/rules.py --run "-m pytest -q -x tests/compat/avro/test_cases.py"`` copies
the packages and tests to a temporary folder, makes one small fault at a time there, and runs the commands. A fault
that no command notices survives and is printed with its line. The working tree is never touched.
"""

from __future__ import annotations

import argparse
import ast
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
}  # fmt: skip


class Mutator(ast.NodeTransformer):
    """Makes the fault number ``target``, counting the places where one can be made; none if there are fewer."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.count = -1
        self.made = ""

    def _here(self, node: ast.AST, what: str) -> bool:
        self.count += 1
        if self.count != self.target:
            return False
        self.made = f"line {getattr(node, 'lineno', '?')}: {what}"
        return True

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        other = COMPARISONS[type(node.ops[0])]
        if self._here(node, f"{ast.unparse(node)}  ->  {other.__name__}"):
            node.ops[0] = other()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        if self._here(node, f"{ast.unparse(node)}  ->  and/or exchanged"):
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and self._here(node, f"{ast.unparse(node)}  ->  not dropped"):
            return node.operand
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        other = ARITHMETIC.get(type(node.op))
        if other is not None and self._here(node, f"{ast.unparse(node)}  ->  {other.__name__}"):
            node.op = other()
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool):
            if self._here(node, f"{node.value}  ->  {not node.value}"):
                return ast.Constant(not node.value)
        elif isinstance(node.value, int) and self._here(node, f"{node.value}  ->  {node.value + 1}"):
            return ast.Constant(node.value + 1)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if self._here(node, f"if {ast.unparse(node.test)}  ->  never"):
            node.test = ast.Constant(value=False)
        return node

    def visit_Continue(self, node: ast.Continue) -> ast.AST:
        return ast.Break() if self._here(node, "continue  ->  break") else node


def places(source: str) -> int:
    """How many faults can be made in a source."""
    mutator = Mutator(-2)
    mutator.visit(ast.parse(source))
    return mutator.count + 1


def notices(folder: Path, commands: list[list[str]], seconds: float) -> bool:
    """Whether some command fails (or runs too long) in the folder."""
    for command in commands:
        try:
            done = subprocess.run(
                [sys.executable, *command], cwd=folder, capture_output=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            return True
        if done.returncode != 0:
            return True
    return False


def main() -> int:
    """Print the survivors and the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", help="files to make faults in, from the root of the project")
    parser.add_argument(
        "--run", action="append", required=True, help="what follows 'python' in a command that must fail"
    )
    parser.add_argument("--sample", type=int, default=40, help="faults per file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=120)
    options = parser.parse_args()
    commands = [shlex.split(each) for each in options.run]
    start, total, killed = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("compat", "tests", "pyproject.toml"):
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, folder / part)
        if notices(folder, commands, options.timeout):
            print("the commands fail without any fault")
            return 2
        for file in options.files:
            original = (ROOT / file).read_text(encoding="utf-8")
            count = places(original)
            chosen = sorted(random.Random(options.seed).sample(range(count), min(options.sample, count)))
            survivors = []
            for target in chosen:
                mutator = Mutator(target)
                (folder / file).write_text(ast.unparse(mutator.visit(ast.parse(original))), encoding="utf-8")
                if notices(folder, commands, options.timeout):
                    killed += 1
                else:
                    survivors.append(mutator.made)
            total += len(chosen)
            (folder / file).write_text(original, encoding="utf-8")
            print(
                f"{file}: {len(chosen) - len(survivors)} of {len(chosen)} faults noticed ({count} places)", flush=True
            )
            print(*(f"    survived {each}" for each in survivors), sep="\n", flush=True)
    print(f"score {100 * killed / max(total, 1):.0f} % of {total} faults, {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
