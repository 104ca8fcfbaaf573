"""Command line, `python -m digits_nb`: each command parses its arguments, calls the package and prints."""

import argparse
import errno
import inspect
import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import digits_nb
from digits_nb.errors import DigitsError, RunFailed

if TYPE_CHECKING:
    from digits_nb.images import Query
    from digits_nb.recognition import Answer

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no public name

Parser = argparse.ArgumentParser
Command = Callable[[argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments
        Arguments of the command line; None takes those of this process.

    Returns
    -------
    int
        Exit code: 0; 1 after a `DigitsError`, or if a picture could not be read; 130 after Ctrl-C; 143 after
        SIGTERM. A wrong call exits with 2.
    """
    given = _parser().parse_args(arguments)
    command: Command = given.command
    try:
        code = command(given)
        sys.stdout.flush()
    except DigitsError as error:
        print(_line(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt as interrupt:
        print("Interrupted", *getattr(interrupt, "__notes__", ()), file=sys.stderr)
        return getattr(interrupt, "exit_code", 130)
    except OSError as error:
        if error.errno not in {errno.EPIPE, errno.ENOSPC, errno.EDQUOT}:
            raise
        # The output's reader is gone, or its disk is full. What is in the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:
            what = error.filename or "The output"
            print(f"OSError: {what} cannot be written ({error.strerror}): make room for it.", file=sys.stderr)
        return 1
    return code


def _parser() -> Parser:
    """Handwritten digits, from anybody's picture to the 8×8 grid to the answer.

    For example:
      python -m digits_nb read seven.jpg
      python -m digits_nb run notebooks/infer.ipynb outputs/infer.ipynb -p path seven.jpg
      python -m digits_nb train
      python -m digits_nb serve

    python -m digits_nb COMMAND --help says more about each.
    """
    parser = argparse.ArgumentParser("python -m digits_nb", **_help(_parser))
    parser.add_argument("--version", action="version", version=f"digits_nb {digits_nb.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    read = _command(commands, _read)
    read.add_argument("pictures", metavar="PICTURE", nargs="+", help="a path, a URL, or - for standard input")
    read.add_argument("--model", metavar="VERSION", help="a version or its beginning (default: latest)")
    read.add_argument("--store", metavar="DIR", help="the store of models (default: outputs/models)")
    read.add_argument("--json", action="store_true", help="print a JSON object a line")

    run = _command(commands, _run)
    run.add_argument("notebook", metavar="NOTEBOOK", help="the notebook; it is not changed")
    run.add_argument("output", metavar="OUTPUT", nargs="?", help="the executed notebook to write")
    value_help = "a parameter of the notebook; may be given more than once"
    run.add_argument(
        "-p", dest="values", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), help=value_help
    )
    run.add_argument("--parameters", action="store_true", help="list what NOTEBOOK declares, run nothing")
    run.add_argument(
        "--keep-parameters",
        action="store_true",
        help="keep user names, passwords and query strings of URLs in OUTPUT",
    )
    run.set_defaults(usage=run)

    train = _command(commands, _train)
    train.add_argument("--store", metavar="DIR", help="the store of models (default: outputs/models)")
    train.add_argument("--seed", metavar="N", type=int, default=0, help="of every random choice (default: 0)")
    train.add_argument("--validate", action="store_true", help="add cross-validation to the card; slower")
    train.add_argument("--learner", default="networks", help="networks (default), or svc: SVC(gamma=0.001)")

    serve = _command(commands, _serve)
    serve.add_argument("--host", default="127.0.0.1", help="where to listen (default: 127.0.0.1)")
    serve.add_argument("--port", metavar="N", type=int, default=8000, help="0: any free one (default: 8000)")
    serve.add_argument("--owner", default="me", help="the owner in every address (default: me)")
    serve.add_argument("--store", metavar="DIR", type=Path, help="the models (default: outputs/models)")
    serve.add_argument("--keys", metavar="FILE", type=Path, help="the keys (default: outputs/keys.json)")
    serve.add_argument("--workers", metavar="N", type=_count, default=1, help="processes (default: 1)")
    serve.add_argument(
        "--queue", metavar="N", type=_count, default=256, help="requests in flight per worker (default: 256)"
    )

    key = _command(commands, _key)
    key.add_argument("name", metavar="NAME", nargs="?", help="the holder of the key")
    key.add_argument("--write", action="store_true", help="it may also send models and name the latest")
    key.add_argument("--remove", action="store_true", help="take NAME's key out of the file")
    key.add_argument("--keys", metavar="FILE", type=Path, help="the keys (default: outputs/keys.json)")
    key.set_defaults(usage=key)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        msg = f"{text!r} is not a number from 1 on"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _command(commands: "Commands", function: Command) -> Parser:
    """Add a command that has the name and the docstring of its function."""
    texts = _help(function)
    parser = commands.add_parser(function.__name__.lstrip("_"), help=texts["description"], **texts)
    parser.set_defaults(command=function)
    return parser


def _help(function: Callable[..., object]) -> dict[str, Any]:
    """Give what a parser shows of a docstring: its first line above the arguments, the rest below them."""
    what, _, more = (inspect.getdoc(function) or "").partition("\n\n")
    return {"description": what, "epilog": more, "formatter_class": argparse.RawDescriptionHelpFormatter}


def _read(given: argparse.Namespace) -> int:
    """Read the digit in each picture.

    For example:
      python -m digits_nb read seven.jpg photos/*.png
      python -m digits_nb read https://example.org/seven.png
      python -m digits_nb read --json - < seven.jpg

    Prints one line for each picture. A picture that cannot be read has a line too, and the exit code is then
    1. If there is no model in outputs/models yet, one is trained first, which takes about a minute, unless
    --store or --model is given.
    """
    from digits_nb.batch import recognize_many
    from digits_nb.models.store import ModelStore
    from digits_nb.recognition import default_model

    if given.model or given.store:
        model = ModelStore(given.store).load(given.model or "latest")
    else:
        # If a model has to be trained, what that prints must not mix with the lines of the answers.
        with redirect_stdout(sys.stderr):
            model = default_model()
    items = recognize_many(map(_query, given.pictures), model)
    width = max(map(len, given.pictures))
    failed = False
    for name, item in zip(given.pictures, items, strict=True):
        line = json.dumps(_object(name, item)) if given.json else f"{name:<{width}}  {_words(item)}"
        print(line, flush=True)
        failed |= isinstance(item, DigitsError)
    return int(failed)


def _run(given: argparse.Namespace) -> int:
    """Execute a notebook headless, with checked parameters.

    For example:
      python -m digits_nb run notebooks/infer.ipynb --parameters
      python -m digits_nb run notebooks/infer.ipynb outputs/infer.ipynb -p path seven.jpg
      python -m digits_nb run notebooks/infer.ipynb outputs/infer.ipynb -p base64 @picture.txt

    A value is read by the type that the notebook declares: true and false for a bool, and 12e4567 stays a
    text where a text is declared. @file stands for the content of a file, and @@x for a text that begins with
    @. A file whose name begins with - is given as ./-x.png. OUTPUT keeps the values, but URLs without user
    name, password, query string and fragment, unless --keep-parameters is given.
    """
    from digits_nb.runs.parameters import declared_parameters, read_notebook
    from digits_nb.runs.results import findings_output, summary
    from digits_nb.runs.runner import heed_sigterm, run_notebook

    if given.parameters:
        for parameter in declared_parameters(given.notebook):
            print(f"{parameter.name}: {parameter.type} = {parameter.default}  # {parameter.help}")
        return 0
    if given.output is None:
        given.usage.error("OUTPUT is missing: give the path of the executed notebook to write")
    values: dict[str, str] = {}
    for name, value in given.values:
        if name in values:
            given.usage.error(f"the parameter {name} is given twice: give each -p NAME once")
        values[name] = value
    heed_sigterm()
    try:
        run_notebook(given.notebook, given.output, values, keep_parameters=given.keep_parameters)
    except RunFailed as error:
        print(error.__cause__, file=sys.stderr)
        raise
    places = {"executed notebook": Path(given.output).resolve()}
    if left := findings_output(read_notebook(given.output)):
        print(left["data"]["text/plain"])
        places["result file"] = left["metadata"]["digits_nb"]["result"]
    print(summary(places))
    return 0


def _train(given: argparse.Namespace) -> int:
    """Train a model and save it in the store.

    For example:
      python -m digits_nb train
      python -m digits_nb train --validate --store models
      python -m digits_nb train --learner svc --store models

    The same seed gives the same version, with the same libraries on the same kind of machine. The model is
    used from then on, as the latest of its store.
    """
    from digits_nb.models.store import ModelStore
    from digits_nb.runs.results import summary
    from digits_nb.training import train

    store = ModelStore(given.store)
    model = train(seed=given.seed, validate=given.validate, learner=given.learner)
    version = store.save(model)
    told = {"model version": version, "saved in": store.file(version)}
    measured = {"hold-out": model.card.get("holdout", {}), **model.card.get("validation", {})}
    for name, found in measured.items():
        told[f"accuracy, {name.replace('_', ' ')}"] = found.get("accuracy")
    print(summary(told))
    return 0


def _serve(given: argparse.Namespace) -> int:
    """Answer queries over HTTP.

    For example:
      python -m digits_nb serve
      python -m digits_nb serve --port 8000 --workers 2 --keys keys.json

    Answers queries at http://127.0.0.1:8000/v1/algo/me/digits_recognition, and says at /openapi.json what
    else it can do. While the file of keys holds none, a key is made at each start and shown once. Anybody who
    can read the network traffic can read keys: before --host opens the service to others, put a proxy with
    TLS in front of it.
    """
    from digits_nb.service.server import Settings, serve

    names = ("host", "port", "owner", "store", "keys", "workers", "queue")
    serve(Settings(**{name: getattr(given, name) for name in names}))
    return 0


def _key(given: argparse.Namespace) -> int:
    """Make, list and remove keys for the service.

    For example:
      python -m digits_nb key anna
      python -m digits_nb key publisher --write
      python -m digits_nb key anna --remove
      python -m digits_nb key

    A key is shown once, when it is made; the file keeps only its hash. A running service reads the file again
    when it changes. Without a name, the keys are listed.
    """
    from digits_nb.service.keys import KeyFile, default_keys

    keys = KeyFile(given.keys or default_keys())
    if given.name is None:
        if given.write or given.remove:
            given.usage.error("NAME is missing: say whose key it is")
        for holder in keys.holders():
            print(f"{holder.name}  {', '.join(sorted(holder.rights))}")
    elif given.remove:
        keys.remove(given.name)
    else:
        print(keys.add(given.name, frozenset({"ask", "write"} if given.write else {"ask"})))
    return 0


def _query(picture: str) -> "Query":
    if picture == "-":
        return {"bytes": sys.stdin.buffer.read()}
    return {"url" if picture.lower().startswith(("http://", "https://")) else "path": picture}


def _words(item: "Answer | DigitsError") -> str:
    if isinstance(item, DigitsError):
        return _line(item)
    return f"{item.digit}  {item.confidence:6.1%}  {'certain' if item.certain else 'not certain'}"


def _object(picture: str, item: "Answer | DigitsError") -> dict[str, Any]:
    if isinstance(item, DigitsError):
        return {"picture": picture, "error": type(item).__name__, "message": str(item)}
    names = ("digit", "confidence", "certain", "probabilities", "box", "model_version", "duration_s")
    answer = {name: getattr(item, name) for name in names}
    return {"picture": picture, **answer, "probabilities": item.probabilities.tolist()}


def _line(error: DigitsError) -> str:
    """Write an error and its notes on one line, without line breaks."""
    words = [f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())]
    return " ".join(" ".join(words).split())
