# %% [markdown]
# # Lesson 3: Your own digit
#
# In lesson 2 a model read nearly everything that it was asked. Now it is your turn to ask: with a digit of
# your own, drawn or photographed. It will go badly, and this lesson is about finding out why, by looking.
#
# **What you will learn**
#
# - to turn a picture into 8×8 numbers in the obvious way, and what is wrong with it;
# - to look at what a model is given, before blaming the model;
# - to measure how far a question is from everything that a model has learned.
#
# **What you need**: [lesson 2](2-ninety-seven-per-cent.ipynb), or to know what a held-out score is; paper, a
# pen and a telephone, if you like. **How long it takes**: half an hour.
# %% [markdown]
# ## A picture
#
# We begin with what we had: the digits, half of them to learn from and half of them held out.
# %%
import numpy as np
from PIL import Image, ImageOps
from sklearn.svm import SVC

import digits_nb as dn
from digits_nb import course, paths, plots
from digits_nb.training import dataset

digits = dataset.load()
half = len(digits) // 2
held, held_labels = digits.grids[half:], digits.labels[half:]
# %% [markdown]
# And the model of lesson 2, with the share of the held-out half that it reads.
# %%
model = SVC(gamma=0.001).fit(digits.grids[:half].reshape(-1, 64), digits.labels[:half])
f"{model.score(held.reshape(-1, 64), held_labels):.1%}"
# %% [markdown]
# Now write one large digit on paper, photograph it, and put the picture beside this notebook (in JupyterLab
# you can drop it on the list of files). Then write its name between the quotes below. As long as there is
# none, we take a two that was drawn for this project.
# %%
photograph = ""
picture = dn.open_image({"path": photograph or paths.samples() / "two-off-centre-small.jpg"})
plots.picture(picture, title="The picture")
# %% [markdown]
# Or draw one here, with the mouse or a finger, and run the cell below it again. (This needs a running
# notebook.)
# %%
from wigglystuff import Paint

pad = Paint(264, 264, brush=False, color_picker=False)
pad.base64 = ""
pad
# %% [markdown]
# If you have drawn something, that is the picture from now on. The ground of a drawing is transparent;
# `flatten` lays it on paper.
# %%
from digits_nb.images.decode import flatten

if drawing := pad.base64:
    picture = flatten(dn.open_image({"base64": drawing}))
plots.picture(picture, title="What we ask about")


# %% [markdown]
# ## The obvious way
#
# The model takes sixty-four numbers, and you know what they are: 8×8, 0 to 16, ink high. So, what would you
# do with a picture? Take away its colours; turn the polarity round, because paper is white and ink should be
# high; make it small; bring 0 to 255 to 0 to 16. Here are these steps, each in a line. Many have written
# them, and published them.
# %%
def shrink(picture: Image.Image) -> np.ndarray:
    gray = picture.convert("L")
    ink = ImageOps.invert(gray)
    small = ink.resize((8, 8))
    return np.asarray(small) / 255 * 16


shrunk = shrink(picture)
shrunk.shape
# %% [markdown]
# The shape is right. What does the model say?
# %%
model.predict(shrunk.reshape(1, 64))
# %% [markdown]
# One picture could be bad luck. Ten samples come with the project, one of each digit, 0 to 9, as people send
# them: large and small, dark on light and light on dark, one on its side and one in shadow. We ask about all
# of them.
# %%
words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
files = [next(paths.samples().glob(f"{word}-*")) for word in words]
samples = [dn.open_image({"path": file}) for file in files]
shrunken = np.array([shrink(sample) for sample in samples])
answers = model.predict(shrunken.reshape(-1, 64))
answers
# %% [markdown]
# Right would have been 0, 1, 2, and so on to 9. So many of the ten are right:
# %%
int(np.sum(answers == np.arange(10)))
# %% [markdown]
# The model has not changed since it read nearly all of the held-out digits. Something else must have.
#
# ## Look at what it was given
#
# When a model fails, do not look at the model first. Look at what it was given: here are the ten grids, with
# what was read in each.
# %%
plots.sheet(shrunken, answers, title="The digits 0 to 9, only shrunk, and what they are read as")
# %% [markdown]
# Would *you* have read them? And these are ten of the digits that the model was trained on.
# %%
plots.sheet(digits.grids[:10], range(10), title="The digits 0 to 9, as the model knows them")
# %% [markdown]
# Take your time to compare the two figures, and write down everything in which they differ. There are at
# least four things: how large the digit is, where it stands, how thick its strokes are, and, in some, what is
# dark and what is light. You will now try out what two of them do, one at a time.
#
# ## It stands elsewhere
#
# ### Exercise 3.1: predict, then run
#
# Take all held-out digits and move each by one single column to the right: `np.roll(held, 1, axis=…)` does
# it, and what falls off on the right comes back in on the left. Which share of them will the model still
# read? *Write down your prediction.* Then compute the share, 0 to 1. Axis 0 of `held` counts the digits, axis
# 1 its rows and axis 2 its columns; `model.predict` wants rows of sixty-four, as in `held.reshape(-1, 64)`.
# %% tags=["exercise"]
share = ...
course.check("3.1", share)
# %% tags=["solution"]
moved = np.roll(held, 1, axis=2)
share = np.mean(model.predict(moved.reshape(-1, 64)) == held_labels)
course.check("3.1", share)
# %% [markdown] tags=["solution"]
# It is easy to guess too high here, because *you* would hardly notice a shift of one column. To the model it
# is as if nearly every one of the sixty-four numbers were another.
# %% [markdown]
# This is what it looks like: a zero, and the same zero moved by one column and by two. What falls off comes
# back in on the left, and you read all three alike.
# %%
positions = [np.roll(held[4], columns, axis=1) for columns in range(3)]
plots.sheet(positions, ["as it is", "by one", "by two"], title="A held-out zero, moved to the right")
# %% [markdown]
# And this is what the model reads in them.
# %%
model.predict(np.reshape(positions, (-1, 64)))
# %% [markdown]
# The model never learned that a digit is the same digit one column further on. Nobody had told it: in all
# that it learned from, the digits were in the middle.
#
# ## What is dark, and what is light
#
# In some of the ten grids the ground is dark: one digit was written light on dark, and another on a ground
# that is transparent, of which the steps above make black. The rim of a grid tells: on bare paper its numbers
# are near 0. This is the median of the rim of each of the ten grids.
# %%
rim = np.ones((8, 8), bool)
rim[1:-1, 1:-1] = False
np.median(shrunken[:, rim], axis=1).round(1)


# %% [markdown]
# ### Exercise 3.2: write a function
#
# Write `ink_high`, which takes a grid of either polarity and returns it with ink high: as it is if its rim is
# nearer to 0, and with the polarity turned round if it is nearer to 16. You may use `rim`, as in the cell
# above: `grid[rim]` are the numbers of the rim.
# %% tags=["exercise"]
def ink_high(grid: np.ndarray) -> np.ndarray: ...


course.check("3.2", ink_high)


# %% tags=["solution"]
def ink_high(grid: np.ndarray) -> np.ndarray:
    return 16 - grid if np.median(grid[rim]) > 16 / 2 else grid


course.check("3.2", ink_high)
# %% [markdown]
# Does it help to mend the polarity alone? Here are the ten grids, with the polarity turned round in those
# whose rim is dark, and what the model reads now.
# %%
dark = np.median(shrunken[:, rim], axis=1) > 16 / 2
mended = np.where(dark[:, None, None], 16 - shrunken, shrunken)
plots.sheet(mended, model.predict(mended.reshape(-1, 64)), title="Polarity mended, and what they are read as")


# %% [markdown]
# The dark grounds are gone, and hardly anything is read right all the same. One digit is gone altogether: its
# ink was dark and its ground transparent, and when the colours were taken away both became black. One repair
# is not enough if four things are broken. That is what makes such faults hard to find: mend one, and nothing
# seems to change.
#
# ## How far away is that?
#
# Lesson 1 ended with neighbours: digits that look alike are near to each other. So here is a way to say with
# a number how strange a grid is to a model: how far is the nearest digit that it has learned from?
#
# ### Exercise 3.3: write a function
#
# Write `distance`, which takes a grid and returns its distance to the nearest of the digits that the model
# learned from, which are `digits.grids[:half]`. The distance of two grids is the root of the sum of their
# squared differences; `np.linalg.norm(differences, axis=(1, 2))` computes it for many at once.
# %% tags=["exercise"]
def distance(grid: np.ndarray) -> float: ...


course.check("3.3", distance)


# %% tags=["solution"]
def distance(grid: np.ndarray) -> float:
    return np.linalg.norm(digits.grids[:half] - grid, axis=(1, 2)).min()


course.check("3.3", distance)
# %% [markdown]
# Here is that distance for each held-out digit, from scikit-learn's own search: first the median, then one
# that nineteen of twenty stay below.
# %%
from sklearn.neighbors import NearestNeighbors

search = NearestNeighbors(n_neighbors=1).fit(digits.grids[:half].reshape(-1, 64))
usual = search.kneighbors(held.reshape(-1, 64))[0]
np.percentile(usual, [50, 95]).round(1)
# %% [markdown]
# And for the ten samples, only shrunk:
# %%
search.kneighbors(shrunken.reshape(-1, 64))[0].ravel().round(1)
# %% [markdown]
# Not one of them is as near as nineteen of twenty held-out digits are. The model was asked about a part of
# the space that it has never seen, and it answered all the same, because nobody had given it a way to say "I
# don't know". Its nearest neighbours to *your* grid show what it had to go by.
# %%
plots.neighbours(shrunk, digits.grids[:half], digits.labels[:half])
# %% [markdown]
# ## The other way
#
# The digits of the collection were not shrunk. Programs of NIST, the American institute of standards, cut
# each of them out, set it upright, brought all to one height and one stroke width, and only then was the ink
# counted in blocks. `dn.preprocess` does the same to your picture, step by step.
# %%
stages = dn.preprocess(picture)
plots.strip(stages)
# %% [markdown]
# The last picture is a grid like those of lesson 1. We send all ten samples down this road and ask the *same*
# model, which has not learned anything since.
# %%
prepared = np.array([dn.preprocess(sample).grid for sample in samples])
reread = model.predict(prepared.reshape(-1, 64))
plots.sheet(prepared, reread, title="The digits 0 to 9 after all steps, and what they are read as")
# %% [markdown]
# So many of the ten are right now:
# %%
int(np.sum(reread == np.arange(10)))
# %% [markdown]
# And so far away is the nearest learned digit, for each of them:
# %%
search.kneighbors(prepared.reshape(-1, 64))[0].ravel().round(1)
# %% [markdown]
# The score of lesson 2 was true. It was a statement about grids that had gone through the same steps as those
# that the model learned from, and whoever sends a photograph does not do these steps for you. *A model is
# only as good as the likeness between what it learned from and what it is asked.*
#
# ## Quiz
#
# Answer with three letters in quotes, such as `"xyz"`.
#
# **Question 1.** All held-out digits are moved by one column. What becomes of the score?
#
# - a: nothing, for they are still the same digits
# - b: it falls far, for to the model they are other numbers
# - c: it falls to that of the dummy
#
# **Question 2.** A white digit on a blackboard is made grey, inverted, shrunk and brought to 0 to 16. What is
# wrong with the grid?
#
# - a: its numbers are too small
# - b: it has the wrong shape
# - c: its ground is high and its ink is low
#
# **Question 3.** The ten samples were read badly, and then well. What was changed in between?
#
# - a: what the model was given
# - b: the model
# - c: the labels
# %% tags=["exercise", "quiz"]
letters = ...
course.check("3.quiz", letters)
# %% tags=["solution", "quiz"]
letters = "bca"
course.check("3.quiz", letters)
# %% [markdown]
# ## What you have learned
#
# - When a model fails, look at what it was given.
# - The obvious way to 8×8 numbers makes grids that are unlike anything that the model knows: elsewhere,
#   smaller, thinner, or with the polarity turned round.
# - How strange a grid is can be measured, and a model that is asked about something strange answers all the
#   same.
#
# The next cell lists the exercises that you have solved since this notebook was started.
# %%
course.solved()
# %% [markdown]
# **Where to read on.** Lesson 4, [Seeing like the data set](4-seeing-like-the-data-set.ipynb), switches the
# steps on one after the other and measures each. [preprocess.ipynb](../preprocess.ipynb) says why each is
# there, and has sliders to turn; [infer.ipynb](../infer.ipynb) has a panel for your own digits and a better
# model behind it; and [train.ipynb](../train.ipynb) shows what that model learned from.
