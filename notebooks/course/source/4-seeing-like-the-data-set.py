# %% [markdown]
# # Lesson 4: Seeing like the data set
#
# In lesson 3 one function, `dn.preprocess`, made a picture readable that was not. In this lesson we open
# it. We switch its steps on one after the other, look at what each does to a picture, and count how many
# pictures the model can read by then. The model stays the same until the very last step.
#
# **What you will learn**
#
# - to measure what a single step is good for, by changing one thing at a time;
# - how ink is told from its ground, cut out, set upright and given another stroke width;
# - to write two of these steps yourself.
#
# **What you need**: [lesson 3](3-your-own-digit.ipynb), or to know that the model of the usual example
# cannot read a picture that was only shrunk. **How long it takes**: half an hour.
# %% [markdown]
# ## The same digits, photographed
#
# We begin as before: half of the digits to learn from, the other half held out.
# %%
import numpy as np
from sklearn.svm import SVC

import digits_nb as dn
from digits_nb import course
from digits_nb.course import synthetic_photos
from digits_nb.evaluation import ablation
from digits_nb.training import dataset

half = len(dataset.load()) // 2
learned, held = dataset.load()[:half], dataset.load()[half:]
# %% [markdown]
# And the model of the usual example, with the share of the held-out half that it reads.
# %%
model = SVC(gamma=0.001).fit(learned.grids.reshape(-1, 64), learned.labels)
f"{model.score(held.grids.reshape(-1, 64), held.labels):.1%}"
# %% [markdown]
# For this lesson we need many pictures whose digits we know. Here is a way to get some that makes the
# question as sharp as it can be: we take digits out of the *held-out half*, twenty of each, and let a
# program write them on paper, somewhere, with some pen, leaning a little, and photograph them in some
# light.
# %%
chosen = np.concatenate([np.flatnonzero(held.labels == digit)[:20] for digit in range(10)])
written = held[chosen]
pictures, labels = synthetic_photos.photographs(written, np.random.default_rng(0)), written.labels
len(pictures)
# %% [markdown]
# Better still are pictures of your own. If you are a class, each of you writes the digits 0 to 9 in a row,
# with wide gaps, photographs the row, and puts the photograph into one folder. Nothing else may be in the
# photograph, not even a name, and 0 comes first. Write the folder's name between the quotes, and the rows
# are cut into digits; ten rows or more are best, for with one alone each digit is ten per cent. As long as
# there is no name, we go on with the snapshots.
# %%
from digits_nb.course.student_photos import pictures_of

folder = ""
if folder:
    pictures, labels = pictures_of(folder)
len(pictures)
# %% [markdown]
# Here are two of each digit. If the pictures are yours, look whether each shows what stands above it: a row
# that was turned round has all of its labels wrong.
# %%
from digits_nb import plots

two = np.concatenate([np.flatnonzero(labels == digit)[n : n + 1] for n in range(2) for digit in range(10)])
plots.gallery([pictures[i] for i in two], labels[two], title="Some of the pictures, and what they show")
# %% [markdown]
# You can read nearly all of them, can't you? Now the model, on the same digits as *grids*, before anybody
# wrote them on paper. (With pictures of your own there are no such grids, and this is still about the
# snapshots.)
# %%
f"{model.score(written.grids.reshape(-1, 64), written.labels):.1%}"


# %% [markdown]
# And as pictures, each only turned round in polarity and shrunk to 8×8, which is what we did in lesson 3.
# The function beside it gives the share that is read right; we will ask it again and again.
# %%
def share(grids: list[np.ndarray]) -> float:
    return float(np.mean(model.predict(np.reshape(grids, (-1, 64))) == labels))


inks = [1 - np.asarray(dn.open_image(picture).convert("L")) / 255 for picture in pictures]
climbed = {"only shrunk": {"pictures": share([ablation.shrink(ink) for ink in inks])}}
f"{climbed['only shrunk']['pictures']:.1%}"
# %% [markdown]
# It is the same model, and with the snapshots they are the same digits. What lies between the two numbers
# is the way from a grid onto paper, and from the paper to another grid. How much of it can be won back by
# treating the picture better?
#
# ## Step one: what is ink?
#
# First we let all the steps run and keep what comes out of each. From here on we only choose at which of
# them the model looks.
# %%
stages = [dn.preprocess(picture) for picture in pictures]
one = stages[np.argmax(labels == 3)]
plots.strip(one)
# %% [markdown]
# The first step answers a question that you never ask yourself: what in this picture is ink? It estimates
# the ground, with its shadows, from what changes slowly, and says of each pixel how much it differs from
# that: 0 is ground and 1 is ink, *whatever the polarity*. Predict before you run the next cell: how much
# does it gain, alone?
# %%
steps = list(ablation.RUNGS)


def climb(step: str) -> str:
    climbed[step] = {"pictures": share([ablation.RUNGS[step](each) for each in stages])}
    return f"{step}: {climbed[step]['pictures']:.1%}"


climb(steps[0])
# %% [markdown]
# Nothing to speak of. The paper is clean now, and the digit is still small and somewhere. This is what the
# model is shown of a three, in the middle of a great deal of nothing:
# %%
plots.sheet([ablation.shrink(one.ink)], title="Only the ink of a three, shrunk", numbers=True)


# %% [markdown]
# ## Step two: where is it?
#
# So cut it out.
#
# ### Exercise 4.1: write a function
#
# Write `cut`, which takes `ink`, an array of numbers 0 to 1, and returns the smallest part of it that holds
# every pixel above 0.5: from the first row that has one to the last, and the same for the columns.
# `np.flatnonzero(…)` gives the places where a condition holds, and `(ink > 0.5).any(axis=1)` says for each
# row whether it has ink.
# %% tags=["exercise"]
def cut(ink: np.ndarray) -> np.ndarray: ...


course.check("4.1", cut)


# %% tags=["solution"]
def cut(ink: np.ndarray) -> np.ndarray:
    rows = np.flatnonzero((ink > 0.5).any(axis=1))
    columns = np.flatnonzero((ink > 0.5).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


course.check("4.1", cut)
# %% [markdown] tags=["solution"]
# The `+ 1` is easy to forget: a slice ends before its second number. Without it each digit loses its last
# row and its last column.
# %% [markdown]
# The project's own step does the same, and wipes away specks besides. Again, predict first.
# %%
climb(steps[1])
# %% [markdown]
# With the snapshots that is a large step: a digit that fills its grid can be compared with digits that fill
# theirs. With pictures of your own, see for yourselves which step is the large one.
#
# ## Step three: its own proportions, counted in blocks
#
# But look at a one after this step. It was high and narrow, and a square of 8×8 has been filled with it:
# %%
ones = [each for each, label in zip(stages, labels, strict=True) if label == 1][:5]
plots.sheet([ablation.shrink(each.crop) for each in ones], title="Ones, cut out and squeezed into a square")
# %% [markdown]
# So we bring the digit to the full height of a bitmap of 32×32 and leave its proportions alone, put it in
# the middle, and count ink in blocks of 4×4, as in lesson 1. These belong together, and make one step. Here
# are the same ones, and behind them five that the model has learned.
# %%
theirs = learned.grids[learned.labels == 1][:5]
plots.sheet([*(ablation.place(each.crop) for each in ones), *theirs], title="Ones of ours, and learned ones")
# %% [markdown]
# Now ours are about as narrow as those.
# %%
climb(steps[2])


# %% [markdown]
# ## Step four: upright
#
# People lean. How much can be computed: take each pixel of ink, and see how far right of the middle it is
# and how far down. If what is further down is, on the whole, further left, the digit leans to the right.
#
# ### Exercise 4.2: write a function
#
# Write `slant`, which takes `ink` and returns how many columns to the right the ink moves with each row
# down; for a digit that leans to the right it is below 0. With `right` and `down`, each pixel's distance
# from the middle of the ink, it is the sum of `ink * right * down` divided by the sum of `ink * down**2`.
# The middle is a mean in which each pixel weighs as much as its ink: `np.average(rows, weights=ink)`, where
# `rows, columns = np.indices(ink.shape)` are the row and the column of each pixel.
# %% tags=["exercise"]
def slant(ink: np.ndarray) -> float: ...


course.check("4.2", slant)


# %% tags=["solution"]
def slant(ink: np.ndarray) -> float:
    rows, columns = np.indices(ink.shape)
    down = rows - np.average(rows, weights=ink)
    right = columns - np.average(columns, weights=ink)
    return np.sum(ink * right * down) / np.sum(ink * down**2)


course.check("4.2", slant)
# %% [markdown] tags=["solution"]
# It is the slope of the straight line that fits the ink best, if rows are what is given and columns what is
# predicted. The field calls such sums *moments*.
# %% [markdown]
# Once the slant is known, each row is pushed back by as much as it had wandered. Most of the slant is
# removed, not all: to these sums a 7 looks as if it leaned, even one that stands upright.
# %%
plots.strip(one, "crop", "upright", title="A three, and the same set upright")
# %% [markdown]
# By how much does that help?
# %%
climb(steps[3])
# %% [markdown]
# ## Step five: one pen for all
#
# What is left is the pen. A fine pen fills no block, a marker fills them all, and the digits of the
# collection were brought to one stroke width before their ink was counted. The last step moves the outline
# of each digit in or out until its strokes are 4.9 pixels of the 32 wide, which is the median of the
# collection.
# %%
plots.strip(one, "upright", "bitmap", "grid", title="The same three with the stroke width of the collection")
# %% [markdown]
# With this, all the steps are switched on.
# %%
climb(steps[4])
# %% [markdown]
# ### Exercise 4.3: change it, and explain
#
# How much depends on that 4.9? `dn.preprocess(picture, stroke_width=…)` takes another width, above 0 and up
# to 16. Find one with which the model reads fewer than half of the pictures. (The check asks about a
# hundred snapshots, which takes a moment.) Then explain to your neighbour what happened to the blocks.
# %% tags=["exercise"]
width = ...
course.check("4.3", width)
# %% tags=["solution"]
width = 12
course.check("4.3", width)
# %% [markdown] tags=["solution"]
# Thin strokes cost less, as long as something is left of them in the blocks: the shape is still there, in
# paler numbers. With broad ones the holes of 0, 6, 8 and 9 close and most blocks are full, so that all
# digits become the same dark blot. `plots.sheet([dn.preprocess(picture, stroke_width=12).grid for picture
# in pictures[:20]], title="…")` shows it.
# %% [markdown]
# ## The other side
#
# One thing is left. The digits that the model *learned from* went through programs of the 1990s, and our
# pictures through ours. They are alike, but not the same. So we send the learned digits through our steps
# as well (lesson 1 showed how a bitmap is made from a grid), fit the same kind of model, and ask once more.
# %%
ours = dataset.normalised(learned)
model = SVC(gamma=0.001).fit(ours.grids.reshape(-1, 64), ours.labels)
climbed["what is learned, through the same steps"] = {"pictures": share([each.grid for each in stages])}
plots.ladder(climbed, title="One step after the other")
# %% [markdown]
# Here is the same in numbers, as shares of the pictures that are read right.
# %%
for step, shares in climbed.items():
    print(f"{shares['pictures']:6.1%}  {step}")
# %% [markdown]
# With the snapshots the pictures are read as well by now as the grids were that they were made from, within
# a picture or two of the two hundred: hardly anything is lost on the way any more. The model was never the
# problem. It was asked in a language that it had not learned.
#
# The same steps were measured on pictures that nobody here made: scanned digits (mnist), a page and a photo
# of somebody's handwriting (handwritten), and pictures as people send them (messy). *The ancestor* is the
# usual example with pictures that were only shrunk. There the ladder begins with the same steps, and goes
# on, because those people do not write as the thirteen of the collection do. What the upper rungs are is
# told in the next lesson and in [train.ipynb](../train.ipynb).
# %%
from digits_nb.evaluation import benchmark_results

plots.ladder(benchmark_results.rows("ladder"))
# %% [markdown]
# Last, look at what is still read wrongly, if anything is. Is it the picture, or the grid, or the model?
# %%
read = model.predict(np.reshape([each.grid for each in stages], (-1, 64)))
wrong = np.flatnonzero(read != labels)[:10]
captions = [f"{labels[i]} → {read[i]}" for i in wrong]
plots.gallery([pictures[i] for i in wrong] or pictures[:1], captions or ["all right"], title="What is left")
# %% [markdown]
# ## Quiz
#
# Answer with three letters in quotes, such as `"xyz"`.
#
# **Question 1.** Ink was told from its ground, and hardly more pictures were read. What follows?
#
# - a: the step alone is not enough, and later steps may still need it
# - b: the step can be left out
# - c: the model has to be trained for longer
#
# **Question 2.** Why is the digit not simply stretched to fill the square?
#
# - a: stretching takes too long
# - b: a stretched digit has another polarity
# - c: a narrow digit would become a broad one, and the learned digits kept their proportions
#
# **Question 3.** Somebody photographs with a better camera, of many more pixels. What becomes of the grid?
#
# - a: it gets larger numbers
# - b: nothing much, for the steps end with the same height and the same stroke width
# - c: it gets more cells
# %% tags=["exercise", "quiz"]
letters = ...
course.check("4.quiz", letters)
# %% tags=["solution", "quiz"]
letters = "acb"
course.check("4.quiz", letters)
# %% [markdown]
# ## What you have learned
#
# - Change one thing at a time and measure: some steps gain little alone, and the others need them.
# - A picture has to see the world as the data set does: its ink, its place, its proportions, its slant, its
#   pen.
# - When the question is put in the language of what was learned, a model of the same kind reads nearly all
#   of it.
#
# The next cell lists the exercises that you have solved since this notebook was started.
# %%
course.solved()
# %% [markdown]
# **Where to read on.** Lesson 5, [Who taught it to write?](5-who-taught-it-to-write.ipynb), is about the
# other half of the ladder. [preprocess.ipynb](../preprocess.ipynb) has the knobs of these steps as sliders,
# for a picture of yours, and [evaluate.ipynb](../evaluate.ipynb) measures the best model on a folder of
# your class. Moments came into the reading of shapes with M.-K. Hu's [Visual pattern recognition by moment
# invariants](https://doi.org/10.1109/TIT.1962.1057692).
