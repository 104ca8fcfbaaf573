# %% [markdown]
# # Lesson 6: Out into the world
#
# A model in a notebook helps nobody but you. In this lesson it leaves: it gets a name that cannot lie, is
# run by a program, and answers people over HTTP, the language in which browsers and servers talk. Then it
# is replaced by one with a better score, and that goes wrong. You will take it back with one line, and find
# out what would have told you.
#
# **What you will learn**
#
# - what the version of a model is, and why it is a hash;
# - to run a notebook without anybody in front of it, with parameters;
# - to ask a model over HTTP, with curl;
# - to publish a model, to roll it back, and what to watch in between.
#
# **What you need**: [lesson 4](4-seeing-like-the-data-set.ipynb), or to know that a picture has to go the
# way of what was learned; the program `curl`, which most computers have. **How long it takes**: half an
# hour.
# %% [markdown]
# ## A model, and its card
#
# We need a model that takes seconds to train.
# %%
import base64
import hashlib
import json
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier

import digits_nb as dn
from digits_nb import course, evaluation, paths
from digits_nb.training import dataset

# %% [markdown]
# It is a small one: half of the digits of the collection, two thousand digits drawn by code, and some
# printed ones. The other half of the collection is held out.
# %%
digits = dataset.normalised(dataset.load())
half = len(digits) // 2
rng = np.random.default_rng(0)
learned = dataset.join([digits[:half], dataset.drawn_digits(2000, rng), dataset.printed_digits(2, rng)])


# %% [markdown]
# Whoever gets a model wants to know where it comes from and how good it is. That belongs to it, and is
# called its **card**: here a note, the score on the held-out half, and the confidence from which on at most
# one answer in a hundred was wrong there.
# %%
def train(grids: np.ndarray, labels: np.ndarray, held: np.ndarray, note: str) -> dn.DigitModel:
    network = MLPClassifier((64,), learning_rate_init=0.003, tol=1e-3, max_iter=1000, random_state=0)
    network.fit(grids.reshape(-1, 64), labels)
    likely, truth = network.predict_proba(held.reshape(-1, 64)), digits.labels[half:]
    score = round(float(np.mean(likely.argmax(axis=1) == truth)), 3)
    certain_from = round(evaluation.threshold(likely, truth, 0.01), 3)
    card = {"note": note, "holdout": score, "calibration": {"certain_from": certain_from}}
    return dn.DigitModel.from_estimator(network, card)


# %% [markdown]
# This is ours.
# %%
ours = train(learned.grids, learned.labels, digits.grids[half:], "from the course")
ours.card
# %% [markdown]
# ## A name that cannot lie
#
# Models are kept in a **store**, a folder. Ours is a new one among the computer's temporary files, so that
# nothing of this lesson gets into your own. Saving the model gives its **version**.
# %%
import subprocess
import sys
import tempfile

temporary = tempfile.TemporaryDirectory(prefix="digits_nb-")
folder = Path(temporary.name)
store = dn.ModelStore(folder / "models")
first = store.save(ours)
first
# %% [markdown]
# What a name! Nobody chose it. A version is one file that has this name. It begins with a header, which lists
# the **tensors** (arrays of numbers: the weights of the network) and holds the card. The numbers follow.
# %%
data = store.file(first).read_bytes()
length = int.from_bytes(data[:8], "little")
print(f"{len(data):,} bytes, of which the header has {length:,}:")
print(data[8 : 8 + length].decode())


# %% [markdown]
# The version is a **hash** of the file: any file, whatever its length, becomes 64 hex digits (0 to 9 and a to
# f), and the smallest change gives completely different ones. Nobody knows how to make a second file with the
# same hash. So the version stands for every byte of the model and of its card.
#
# ### Exercise 6.1: write a function
#
# Write `fingerprint`, which takes the path of a file and returns the hash of its content as text.
# `hashlib.sha256(…)` makes a hash of bytes, its method `hexdigest()` gives the text, and
# `path.read_bytes()` reads a file.
# %% tags=["exercise"]
def fingerprint(path: Path) -> str: ...


course.check("6.1", fingerprint)


# %% tags=["solution"]
def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


course.check("6.1", fingerprint)
# %% [markdown] tags=["solution"]
# Compare `fingerprint(store.file(first))` with the version.
# %% [markdown]
# The same model gets the same name, in another store as well:
# %%
dn.ModelStore(folder / "another").save(ours) == first
# %% [markdown]
# And if somebody improves the score on the card a little? We copy the store, and change one character of
# the card in the copy.
# %%
import shutil

copy = shutil.copytree(store.path, folder / "copy")
file = copy / store.file(first).name
file.write_bytes(file.read_bytes().replace(b'holdout\\": 0.', b'holdout\\": 1.'))
try:
    dn.ModelStore(copy).load(first)
except dn.TamperedModel as error:
    print(error)
# %% [markdown]
# Such a check matters more than it seems. Many models are passed around as *pickles*, Python's own way of
# writing an object down (the joblib files of scikit-learn are such), and a pickle is not data but a
# program: loading it runs whatever its author put into it. Here is one that only says hello.
# %%
import pickle


class Greeting:
    def __reduce__(self) -> tuple:
        return print, ("Hello! I could have deleted your files.",)


pickle.loads(pickle.dumps(Greeting()))  # noqa: S301 (our own)


# %% [markdown]
# A version is numbers and a card, and the store checks even those against a list of what is allowed. Never
# load a pickle from somebody whom you would not let sit at your computer.
#
# ## Nobody in front of it
#
# `infer.ipynb` is a notebook for people, with a panel to draw on. It is a program as well: it declares
# **parameters**, and can be run with values for them, **headless**, which means that nobody sits in front
# of it. The command that is put together below could stand in a script that runs every night; you need not
# understand how Python starts it.
# %%
def run(notebook: str, output: str, *parameters: object) -> subprocess.CompletedProcess:
    files = paths.samples().parent / notebook, folder / output
    command = [sys.executable, "-m", "digits_nb", "run", *files, *parameters, "-p", "store", store.path]
    return subprocess.run([str(word) for word in command], check=False, capture_output=True, text=True)


done = run("infer.ipynb", "seven.ipynb", "-p", "path", paths.samples() / "seven-dark-on-white.png")
done.returncode
# %% [markdown]
# Zero means that all went well. What it found is in the executed notebook, where a program can read it.
# %%
found = dn.read_result(folder / "seven.ipynb")
{name: found[name] for name in ("digit", "confidence", "certain", "model_version")}
# %% [markdown]
# Nobody is watching such a run. So it is strict: a parameter that does not exist is not quietly passed
# over.
# %%
done = run("infer.ipynb", "typo.ipynb", "-p", "pathh", "seven.png")
print(done.returncode, done.stderr.strip().splitlines()[-1])
# %% [markdown]
# ### Exercise 6.2: write three lines
#
# Here are three pictures. Run `infer.ipynb` for each of them, as above, and put the digits that were found
# into a list, in this order.
# %%
names = ("six-marker.bmp", "zero-felt-tip.webp", "two-off-centre-small.jpg")
errand = [paths.samples() / name for name in names]
errand
# %% [markdown]
# (Each run starts a kernel of its own, which takes a moment.)
# %% tags=["exercise"]
found = ...
course.check("6.2", found)
# %% tags=["solution"]
found = []
for path in errand:
    run("infer.ipynb", f"{path.stem}.ipynb", "-p", "path", path)
    found.append(dn.read_result(folder / f"{path.stem}.ipynb")["digit"])
course.check("6.2", found)
# %% [markdown]
# ## Anybody may ask
#
# Now for people who have no Python. A **service** is a program that waits for queries and answers them over
# HTTP. It says at which address it listens, and which **key** one needs, a kind of password; whoever has no
# key gets no answer. (Run this cell once: it starts a program that runs beside the notebook.)
# %%
import atexit

where = ["--port", "0", "--store", str(store.path), "--keys", str(folder / "keys.json")]
command = [sys.executable, "-m", "digits_nb", "serve", *where]
log = (folder / "log").open("w")
service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
atexit.register(service.terminate)
said = service.stdout.readline(), service.stdout.readline()
said[0]


# %% [markdown]
# A picture travels as text, in **base64**, which writes bytes with letters and digits, inside **JSON**, a
# way to write down dicts and lists that every language reads.
#
# ### Exercise 6.3: write a function
#
# Write `body`, which takes the path of a picture and returns the JSON text of a query for it: an object
# with one entry `base64`, the picture's bytes in base64. `base64.b64encode(…)` takes bytes and gives bytes,
# `.decode()` makes text of them, and `json.dumps(…)` makes JSON of a dict.
# %% tags=["exercise"]
def body(path: Path) -> str: ...


course.check("6.3", body)


# %% tags=["solution"]
def body(path: Path) -> str:
    return json.dumps({"base64": base64.b64encode(path.read_bytes()).decode()})


course.check("6.3", body)
# %% [markdown]
# And this is a line of curl that sends such a query, from any computer that may reach the service. It reads
# the query from a file, for it is long. (Your key stands in it, and is not shown.)
# %%
import re
import shlex

address, key = re.search(r"http://[\w.:]+", said[0])[0], said[1].split()[-1]
query = folder / "query.json"
heads = ["-H", f"Authorization: Simple {key}", "-H", "Content-Type: application/json"]
line = ["curl", "--silent", *heads, "--data", f"@{query}", f"{address}/v1/algo/me/digits_recognition"]
shlex.join(line).replace(key, "KEY")


# %% [markdown]
# We write the query for a picture into the file, and run the line. A version can be named at the end of the
# address; without one, the latest answers.
# %%
def ask(path: Path, *version: str) -> dict:
    encoded = base64.b64encode(path.read_bytes()).decode()
    query.write_text(json.dumps({"base64": encoded}))
    return json.loads(subprocess.check_output([*line[:-1], "/".join([line[-1], *version])]))


ask(paths.samples() / "seven-dark-on-white.png")
# %% [markdown]
# The digit, and how sure the model is of it; which version answered, how long it took, and a number for the
# request, under which it stands in the log of the service. These are the answers to ten pictures, one of
# each digit, 0 to 9:
# %%
words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
files = [next(paths.samples().glob(f"{word}-*")) for word in words]
before = [ask(path).get("result") for path in files]
before
# %% [markdown]
# ## An update
#
# A colleague has trained a model as well. It is of the same kind, and has learned from the collection
# alone, not from digits drawn by code. Compare its card with ours: which one would you publish?
# %%
theirs = train(16 - digits.grids[:half], digits.labels[:half], 16 - digits.grids[half:], "from a colleague")
print(ours.card, theirs.card, sep="\n")
# %% [markdown]
# Theirs has the better score on the same held-out digits. (Drawn digits are unlike them, and cost ours a
# point or two *there*.) So it is published: saved, which makes it the latest. The service notices by
# itself, and nobody has to be told. Here are the answers to the ten pictures, one of each digit, once more.
# %%
second = store.save(theirs)
after = [ask(path).get("result") for path in files]
after
# %% [markdown]
# Look at the line of code that trained it. In the colleague's program the *polarity* was the other way
# round: paper was 16 and ink was 0. The model learned that without any trouble. And its score is no lie:
# the held-out digits had gone through the same program, with the same mistake. Only the pictures of other
# people do not. Without the mistake, the same program makes a model that reads this many of the ten:
# %%
mended = train(digits.grids[:half], digits.labels[:half], digits.grids[half:], "mended")
sum(dn.recognize({"path": path}, mended).digit == digit for digit, path in enumerate(files))
# %% [markdown]
# So it was the polarity. It is the story of this course once more, and a frequent accident: what a model is
# asked has gone another way than what it learned. No score on digits that went the same way can show it.
#
# ## Back
#
# What saves us is that a version never changes and is never overwritten. The old one is still there, and
# one line makes it the latest again.
# %%
store.point(first)
[ask(path).get("result") for path in files]
# %% [markdown]
# And whoever had named a version in the address noticed nothing of it all, neither there nor back. This is
# what each of the two says of a picture of a two; the first eight digits of a version are enough.
# %%
ask(files[2], second[:8])["result"], ask(files[2], first[:8])["result"]


# %% [markdown]
# ## What to watch
#
# Could we have noticed sooner? Nobody tells a service which digits the pictures really showed. But some
# things can be counted without knowing that: how many pictures were refused, how sure the answers were, and
# *which digits come out*. The second would not have helped much here: a model can be very sure, and wrong.
#
# ### Exercise 6.4: write a function
#
# Write `watch`, which takes a list of answers: digits, and `None` where a picture was refused. It returns
# two shares: how many of all were refused; and how many of the digits that *were* given are the most
# frequent one. `np.bincount(…)` counts digits.
# %% tags=["exercise"]
def watch(answers: list[int | None]) -> tuple[float, float]: ...


course.check("6.4", watch)


# %% tags=["solution"]
def watch(answers: list[int | None]) -> tuple[float, float]:
    given = [answer for answer in answers if answer is not None]
    return 1 - len(given) / len(answers), np.bincount(given).max() / len(given)


course.check("6.4", watch)
# %% [markdown]
# Here is how often each digit, 0 to 9, came out: before the update, and after it.
# %%
for answers in (before, after):
    print(np.bincount([answer for answer in answers if answer is not None], minlength=10))
# %% [markdown]
# One look would have been enough. So, after each update: ask about a few pictures *from elsewhere* whose
# digits you know, before others do. Watch what comes out, every day. And keep the old version.
#
# Last, we stop the service, which answers what it has begun and ends, and clear away what this lesson has
# written.
# %%
service.terminate()
ended = service.wait(timeout=60)
temporary.cleanup()
ended
# %% [markdown]
# ## Quiz
#
# Answer with three letters in quotes, such as `"xyz"`.
#
# **Question 1.** Two people have each loaded a model from a store of their own, and both stores give the
# same version, all 64 digits of it. What do you know?
#
# - a: they have the same model, to the last byte
# - b: they have models with the same score
# - c: nothing, for a version is only a name
#
# **Question 2.** The colleague's model had the better score and read hardly anything. Why?
#
# - a: its held-out digits had been learned from
# - b: its held-out digits had gone through the same mistake as the learned ones
# - c: its network was too small
#
# **Question 3.** Nobody says what the pictures really show. What can still be watched, day by day?
#
# - a: the share of right answers
# - b: which digits come out, and how many pictures are refused
# - c: nothing
# %% tags=["exercise", "quiz"]
letters = ...
course.check("6.quiz", letters)
# %% tags=["solution", "quiz"]
letters = "abb"
course.check("6.quiz", letters)
# %% [markdown]
# ## What you have learned
#
# - A version is a hash: it names every byte, and can be checked before anything is loaded.
# - A notebook can run headless, strictly, and leave its findings for programs.
# - An update needs a test with pictures from elsewhere, an eye on what comes out, and a way back.
#
# That was the course: a model with ninety-seven per cent that could not read your handwriting, why, and
# what it took to mend it. The next cell lists the exercises that you have solved since this notebook was
# started.
# %%
course.solved()
# %% [markdown]
# **Where to read on.** [serve.ipynb](../serve.ipynb) does all of this with the service alone, and publishes
# over HTTP. [infer.ipynb](../infer.ipynb) has the best model of the project and a panel to ask it. What can
# go wrong with models in use, and is not their fault, is told by D. Sculley and others in [Hidden technical
# debt in machine learning
# systems](https://papers.nips.cc/paper/2015/hash/86df7dcfd896fcaf2674f757a2463eba-Abstract.html).
