"""Print the lines of code of each sub-package: no blank lines, no comments, no docstrings.

Run it as `python tools/code_lines.py [FOLDER]`.
"""

import ast
import sys
import tokenize
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "digits_nb"
CORE = ("errors", "paths", "images", "preprocessing", "models", "recognition")
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
LAYOUT = {"COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER"}


def code_lines(path: Path) -> int:
    """Count the lines of a module that hold code."""
    with path.open("rb") as file:
        tokens = [
            token for token in tokenize.tokenize(file.readline) if tokenize.tok_name[token.type] not in LAYOUT
        ]
    lines = {line for token in tokens[1:] for line in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, DOCUMENTED):
            for child in node.body:
                # a string that stands alone documents what stands before it
                match child:
                    case ast.Expr(value=ast.Constant(value=str())):
                        lines -= set(range(child.lineno, child.end_lineno + 1))
    return len(lines)


def main() -> None:
    """Print a line for each entry of the package, then the core and the whole."""
    package = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PACKAGE
    counts: Counter[str] = Counter()
    for path in package.rglob("*.py"):
        counts[path.relative_to(package).parts[0].removesuffix(".py")] += code_lines(path)
    for entry, count in sorted(counts.items()):
        print(f"{count:6,}  {entry}")
    print(f"{sum(counts[entry] for entry in CORE):6,}  core ({', '.join(CORE)})")
    print(f"{counts.total():6,}  whole package")


if __name__ == "__main__":
    main()
