# %% [markdown]
# # Lesson 1: Sixty-four numbers
#
# Before a computer can read a digit, somebody has to decide what a digit *is* to it. In this lesson it is
# sixty-four numbers, and you will get to know them well enough to say which picture they make, what each of
# them counts, and what was lost when they were made.
#
# **What you will learn**
#
# - to see one digit in three ways: as a picture, as a table, and as a point with neighbours;
# - what the numbers 0 to 16 count, and why a large one is dark;
# - how a picture of 32×32 pixels becomes 8×8 numbers.
#
# **What you need**: a little Python, and to have seen an array of NumPy before. **How long it takes**: half
# an hour.
# %% [markdown] tags=["contents"]
# ## The course
#
# 1. [Sixty-four numbers](1-sixty-four-numbers.ipynb): what a digit is to a computer (this lesson)
# 2. [Ninety-seven per cent](2-ninety-seven-per-cent.ipynb): a model that reads nearly all of them, and how
#    much that says
# 3. [Your own digit](3-your-own-digit.ipynb): the same model, asked about a picture of yours
# 4. [Seeing like the data set](4-seeing-like-the-data-set.ipynb): the steps that make a picture readable, one
#    by one
# 5. [Who taught it to write?](5-who-taught-it-to-write.ipynb): more hands to learn from, and when to say "I
#    don't know"
# 6. [Out into the world](6-out-into-the-world.ipynb): versions, headless runs, queries over HTTP, and a way
#    back
#
# In this lesson:
#
# - [The digits](#The-digits)
# - [Three ways to see one](#Three-ways-to-see-one)
# - [What 0 to 16 counts](#What-0-to-16-counts)
# - [Neighbours](#Neighbours)
# - [Quiz](#Quiz)
#
# Each exercise checks itself: put your answer in the place of the three dots and run the cell. You will be
# told that it is right, or get a hint; try as often as you like, nobody is counting. The solutions are for
# afterwards, in the folder `solutions` if your teacher has left it there.
# %% [markdown]
# ## The digits
#
# Forty-three people wrote digits on forms for this collection, in the 1990s; scikit-learn comes with the part
# of it that thirteen of them wrote. We load it with the project's own module, which also remembers who wrote
# what.
# %%
import numpy as np

import digits_nb as dn
from digits_nb import course, paths, plots
from digits_nb.training import dataset

digits = dataset.load()
len(digits)
# %% [markdown]
# There are so many digits. Each has a **grid**, the numbers, and a **label**, the digit that its writer
# meant. Here are the first twenty, each with its label above it.
# %%
plots.sheet(digits.grids[:20], digits.labels[:20], title="The first twenty digits, and what they are")
# %% [markdown]
# They are coarse, and yet you can read nearly all of them. Hold the page at arm's length if one is hard: your
# eyes put the blocks together.
#
# Are all digits equally frequent? It will matter in lesson 2, so we count how many there are of 0, of 1, and
# so on to 9.
# %%
np.bincount(digits.labels)
# %% [markdown]
# ## Three ways to see one
#
# We pick one digit, a four, and ask for its grid. An array of NumPy has a **shape**: so many rows, so many
# columns.
# %%
four = digits.grids[4]
four.shape
# %% [markdown]
# The first way to see it is the way the computer does: as a table of numbers.
# %%
four.astype(int)
# %% [markdown]
# Can you find the four in the table? The second way is a picture, with each number as a shade of grey. To see
# that it is the same thing, we write the numbers into their cells.
# %%
plots.sheet([four], title="A four: sixty-four numbers and their shades", numbers=True)
# %% [markdown]
# A cell has an address: first its row, counted from the top, then its column, counted from the left, and both
# are counted from 0. So `four[0, 4]` is in the topmost row.
# %%
int(four[0, 4])
# %% [markdown]
# ### Exercise 1.1: predict, then run
#
# Find a cell of the four that is as full as a cell can be. Read it off the figure and *predict* its address,
# before you run the cell: a row and a column, in parentheses.
# %% tags=["exercise"]
cell = ...
course.check("1.1", cell)
# %% tags=["solution"]
cell = (4, 2)
course.check("1.1", cell)
# %% [markdown] tags=["solution"]
# There are several such cells, and any of them is right. `np.argwhere(four == 16)` lists them all: a list of
# rows and columns.
# %% [markdown]
# The table holds one secret that is easy to overlook. On a screen 0 is black and 255 is white, so paper has
# *high* numbers. In the grid it is the other way round: paper is 0, because what is counted is ink. Which of
# the two holds is called the **polarity** of a picture. This is what the four looks like with the polarity
# turned round.
# %%
plots.sheet([four, 16 - four], ["as it is", "16 - grid"], title="The same four, in both polarities")
# %% [markdown]
# You read both without a second thought. A computer does not: hardly one of the sixty-four numbers is the
# same. Keep that in mind, it will come back in lesson 3.
#
# ### Exercise 1.2: write a line
#
# Write `shades`, the four as a screen would show it: an array of the same shape where bare paper is 255, a
# full cell is 0, and everything else lies in proportion between them.
# %% tags=["exercise"]
shades = ...
course.check("1.2", shades)
# %% tags=["solution"]
shades = 255 - four / 16 * 255
course.check("1.2", shades)
# %% [markdown] tags=["solution"]
# Dividing by 16 gives the share of ink, 0 to 1; times 255 gives it the range of a screen; and taking it from
# 255 turns the polarity round. The order matters less than doing all three.
# %% [markdown]
# ## What 0 to 16 counts
#
# Why 16, and not 10 or 255? Because nobody ever measured a shade of grey. Each digit was brought to a
# **bitmap** of 32×32 pixels, and a pixel was either ink or paper. Then the bitmap was cut into blocks of 4×4
# pixels, and in each block the pixels of ink were counted. There are sixteen pixels in a block: 0 is bare
# paper, 16 a block full of ink.
#
# The bitmaps of these digits did not come with the collection. But we can make one from a picture; how,
# lesson 3 will tell. For now we take a three that was drawn for this project, and look at its bitmap and the
# grid side by side.
# %%
stages = dn.preprocess({"path": paths.samples() / "three-light-on-dark.png"})
plots.strip(stages, "bitmap", "grid", title="How much ink is in each block?")
# %% [markdown]
# Squint at the left one and you see the right one. Here is one of the blocks: four rows and four columns of
# the bitmap. A pixel on the edge of a stroke can hold a part of ink, so there are numbers between 0 and 1
# too.
# %%
block = stages.bitmap[8:12, 20:24]
block.round(1)
# %% [markdown]
# Its ink, all sixteen pixels together:
# %%
f"{block.sum():.2f}"
# %% [markdown]
# And this is what stands in the grid. The block begins at row 8 and column 20 of the bitmap; divided by four,
# that makes row 2 and column 5 of the grid.
# %%
f"{stages.grid[2, 5]:.2f}"


# %% [markdown]
# ### Exercise 1.3: write a function
#
# Write `count`, which takes a bitmap (32 rows, 32 columns, each pixel 0 to 1) and returns its grid (8 rows, 8
# columns, each 0 to 16). One way is two loops over the blocks. Another needs one line: `bitmap.reshape(8, 4,
# 8, 4)` has the pixels of a block along axes 1 and 3.
# %% tags=["exercise"]
def count(bitmap: np.ndarray) -> np.ndarray: ...


course.check("1.3", count)


# %% tags=["solution"]
def count(bitmap: np.ndarray) -> np.ndarray:
    return bitmap.reshape(8, 4, 8, 4).sum(axis=(1, 3))


course.check("1.3", count)
# %% [markdown] tags=["solution"]
# With two loops it reads `grid[row, column] = bitmap[4 * row : 4 * row + 4, 4 * column : 4 * column +
# 4].sum()`. Both are right; the line is the one that people of this field will recognise.
# %% [markdown]
# Counting throws something away: *where* in its block the ink was. Many bitmaps give the same grid. Here is a
# smooth one that could have been the bitmap of our four, made from the sixty-four numbers alone.
# %%
guess = dataset.restore(four)
guess.shape
# %% [markdown]
# It has sixteen times as many numbers, and knows nothing that the grid did not. Counted again, block by
# block, it gives the grid back, up to a small difference; this is the largest of the sixty-four.
# %%
recounted = guess.reshape(8, 4, 8, 4).sum(axis=(1, 3))
f"{np.abs(recounted - four).max():.2f}"
# %% [markdown]
# ## Neighbours
#
# The third way to see a digit is the one that models use: as a *point*. Two numbers are a point on a map;
# sixty-four numbers are a point in a space of sixty-four directions, which nobody can draw and everybody can
# compute with. Two points have a distance: the root of the sum of the squared differences. This is how far
# the first two digits, a zero and a one, are apart.
# %%
f"{np.linalg.norm(digits.grids[0] - digits.grids[1]):.1f}"
# %% [markdown]
# And this is the distance between the first zero and the next one, ten digits later. It is smaller: digits
# that look alike lie close together. All of machine learning on these digits rests on that.
# %%
f"{np.linalg.norm(digits.grids[0] - digits.grids[10]):.1f}"
# %% [markdown]
# It is mostly true, that is. Have a look at this digit, a five.
# %%
plots.sheet([digits.grids[5]], title="A five", numbers=True)
# %% [markdown]
# ### Exercise 1.4: predict, then run
#
# Of all the other digits, which one is nearest to this five? First *predict*: what will its label be? Then
# find out. `distances` holds how far each digit is from the five; `np.argsort(distances)` gives their rows,
# the nearest one first. Answer with its row.
# %% tags=["exercise"]
distances = np.linalg.norm(digits.grids - digits.grids[5], axis=(1, 2))
nearest = ...
course.check("1.4", nearest)
# %% tags=["solution"]
distances = np.linalg.norm(digits.grids - digits.grids[5], axis=(1, 2))
nearest = np.argsort(distances)[1]
course.check("1.4", nearest)
# %% [markdown]
# Run the next cell after you have answered: it shows the nearest digits with their labels and distances. The
# first is the five itself.
# %%
plots.neighbours(digits.grids[5], digits.grids, digits.labels, title="The digits nearest to the five")
# %% [markdown]
# Were you surprised? To the sixty-four numbers this five looks more like a nine than like most fives. Whoever
# reads digits by looking at the neighbours will be wrong about it, and yet the label is right: a label says
# what the *writer* meant.
#
# What is typical of a digit shows when we take the mean of all that have the same label. Nobody has ever
# written one of these ten.
# %%
means = [digits.grids[digits.labels == digit].mean(axis=0) for digit in range(10)]
plots.sheet(means, range(10), title="The mean of all digits of each label")
# %% [markdown]
# Last, a digit to touch. A click on a cell of the four darkens it; press "Lighten", or use the other button
# of the mouse, to take ink away. On the keyboard arrows move and 0 to 9 set a cell. Below the grid stand the
# digits that are nearest to it, and they change with every touch. Can you make nines of them with a few
# clicks?
# %%
from digits_nb.course.grid_explorer import Slate

slate = Slate(four)
slate
# %% [markdown]
# How far is your grid from the four that it was? Run this cell again after each few clicks.
# %%
f"{np.linalg.norm(slate.grid - four):.1f}"
# %% [markdown]
# ## Quiz
#
# Answer the three questions with three letters in quotes, such as `"xyz"`.
#
# **Question 1.** A cell of a grid holds 0. What does it mean?
#
# - a: the pixel there is black, as on a screen
# - b: there was no ink in this block of the bitmap
# - c: the cell was not measured
#
# **Question 2.** Where is `grid[7, 0]`?
#
# - a: at the bottom, on the left
# - b: at the top, on the right
# - c: nowhere: rows end at 6
#
# **Question 3.** What can a grid of 8×8 *not* tell you about the bitmap that it was made from?
#
# - a: how much ink there was in all
# - b: whether the digit reached the topmost rows
# - c: where exactly in a block its ink was
# %% tags=["exercise", "quiz"]
letters = ...
course.check("1.quiz", letters)
# %% tags=["solution", "quiz"]
letters = "bac"
course.check("1.quiz", letters)
# %% [markdown]
# ## What you have learned
#
# - A digit is sixty-four numbers here, and a picture, a table and a point are three ways to see them.
# - Each number counts ink, 0 to 16, in a block of 4×4 pixels; so ink is high and paper is 0.
# - Digits that look alike are mostly near to each other, and now and then a five lies among nines.
#
# The next cell lists the exercises that you have solved since this notebook was started.
# %%
course.solved()
# %% [markdown]
# **Where to read on.** Lesson 2, [Ninety-seven per cent](2-ninety-seven-per-cent.ipynb), trains a model on
# these points. [preprocess.ipynb](../preprocess.ipynb) shows the whole way from a picture to its grid. The
# collection is described by those who made it: E. Alpaydin and C. Kaynak, [Optical Recognition of Handwritten
# Digits](https://archive.ics.uci.edu/dataset/80).
