# %% [markdown]
# # Lesson 5: Who taught it to write?
#
# A model knows what it was shown, and by whom. In this lesson we look at the thirteen people who taught
# ours to write, ask how it reads a stranger, and find it more teachers. Then we ask the question that a
# good reader asks: how sure am I, and when should I say that I don't know?
#
# **What you will learn**
#
# - to measure a model on writers whom it has never met, one after the other;
# - what variations and drawings of digits are good for, and how they can leak;
# - to see whether a confidence can be believed, and to mend it;
# - to let a model say "I don't know", and what that costs.
#
# **What you need**: [lesson 2](2-ninety-seven-per-cent.ipynb), or to know why digits are held out, and what
# writers kept apart are. **How long it takes**: half an hour.
# %% [markdown]
# ## Thirteen hands
#
# We load the digits, sent through the steps of lesson 4. `groups` says who wrote each: fourteen blocks for
# thirteen people, as nearly as it is known.
# %%
import numpy as np
from scipy.special import softmax
from sklearn.svm import SVC

from digits_nb import course, evaluation, plots
from digits_nb.evaluation import benchmark_results
from digits_nb.training import dataset

digits = dataset.normalised(dataset.load())
rows = digits.grids.reshape(-1, 64)
writers = np.unique(digits.groups)
writers
# %% [markdown]
# Here is the first nine of each of them. Which two could be by the same hand? Which one would you not have
# taken for a nine?
# %%
nines = [np.flatnonzero((digits.labels == 9) & (digits.groups == writer))[0] for writer in writers]
plots.sheet(digits.grids[nines], writers, title="The first nine of each writer", columns=7)


# %% [markdown]
# Lesson 2 kept writers apart, a few at a time. Now we do it with one. Everybody who uses the model later is
# such a person: somebody whose hand it has not seen. (One of the thirteen has two blocks and is not quite a
# stranger; we do not know which.)
#
# ### Exercise 5.1: write three lines
#
# Write `stranger`, which takes the number of a writer, lets `SVC(gamma=0.001)` learn from the digits of all
# the *others*, and returns the share of this writer's digits that it reads. `digits.groups == writer` says
# which digits are whose, `~` turns true and false round, and `model.score(rows, labels)` gives a share.
# %% tags=["exercise"]
def stranger(writer: int) -> float: ...


course.check("5.1", stranger)


# %% tags=["solution"]
def stranger(writer: int) -> float:
    own = digits.groups == writer
    model = SVC(gamma=0.001).fit(rows[~own], digits.labels[~own])
    return model.score(rows[own], digits.labels[own])


course.check("5.1", stranger)
# %% [markdown]
# Before you run the next cell: is the model about equally good for all of them? It prints the share that is
# read of each writer's digits, in per cent. (It does with scikit-learn's `LeaveOneGroupOut` what you have
# just written.)
# %%
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score

apart = LeaveOneGroupOut().split(rows, groups=digits.groups)
shares = cross_val_score(SVC(gamma=0.001), rows, digits.labels, cv=list(apart))
(100 * shares).round(1)
# %% [markdown]
# Of some people's digits, about 130 each, it misreads not one. For one of them it errs nearly every tenth
# time, and that person would not believe you if you spoke of ninety-eight per cent, which is the mean.
# These are that person's misread digits:
# %%
unlucky = digits.groups == writers[shares.argmin()]
model = SVC(gamma=0.001).fit(rows[~unlucky], digits.labels[~unlucky])
read = model.predict(rows[unlucky])
wrong = np.flatnonzero(unlucky)[read != digits.labels[unlucky]]
captions = [f"{digits.labels[row]} → {model.predict(rows[[row]])[0]}" for row in wrong]
plots.sheet(digits.grids[wrong], captions, title="The least lucky writer's misread digits: written → read")
# %% [markdown]
# Some of these are *plain* digits. They are only written in a way in which none of the others writes them.
# The model needs to see more, and we have no more people.
#
# ## The same hand, another time
#
# Nobody writes the same nine twice. So here is one nine, and nine **variations** of it, as the same hand
# might have written it another time: a little turned, slanted, bent, with a broader or a finer pen.
# %%
collection = dataset.load()
rng = np.random.default_rng(0)
varied = dataset.varied_digits(collection[nines[1] : nines[1] + 1], 9, rng)
plots.sheet(varied.grids, title="A nine, and nine variations of it")
# %% [markdown]
# It looks like ten times as many digits for nothing. It is a trap as well. We take a hundred digits, with
# nine variations each, shuffle all that we have, learn from one half and ask about the other:
# %%
few = np.random.default_rng(0).permutation(len(digits))[:100]
varied = dataset.varied_digits(collection[few], 9, rng)
order = rng.permutation(len(varied))
learned, asked = varied[order[::2]], varied[order[1::2]]
model = SVC(gamma=0.001).fit(learned.grids.reshape(-1, 64), learned.labels)
f"{model.score(asked.grids.reshape(-1, 64), asked.labels):.1%}"


# %% [markdown]
# Wonderful, and worthless. Whatever it is asked about, it has learned variations of the very same digit.
# `varied.rows` says of which row of the collection each one is a variation.
#
# ### Exercise 5.2: write a function
#
# Write `fair`, which is given `varied.rows` and the rows that are held out, and returns true for each
# variation that may be learned from and false for the others. `np.isin(a, b)` says of each element of `a`
# whether it is in `b`.
# %% tags=["exercise"]
def fair(rows: np.ndarray, held: np.ndarray) -> np.ndarray: ...


course.check("5.2", fair)


# %% tags=["solution"]
def fair(rows: np.ndarray, held: np.ndarray) -> np.ndarray:
    return ~np.isin(rows, held)


course.check("5.2", fair)
# %% [markdown]
# Measured like this, with half of the hundred held out and all of their variations with them:
# %%
ours = ~np.isin(varied.rows, few[::2])
model = SVC(gamma=0.001).fit(varied.grids[ours].reshape(-1, 64), varied.labels[ours])
f"{model.score(varied.grids[~ours].reshape(-1, 64), varied.labels[~ours]):.1%}"
# %% [markdown]
# That is what such a model is worth. A part of the difference is that it had only half as many different
# digits left to learn from; the rest had leaked. Are variations good for anything, then? We ask about all
# the digits of the collection that are not among the hundred: first a model that learned from the hundred
# alone, then one that learned from their variations too.
# %%
rest = ~np.isin(digits.rows, few)
for learned in (digits[few], varied):
    model = SVC(gamma=0.001).fit(learned.grids.reshape(-1, 64), learned.labels)
    print(f"{len(learned):>5} digits: {model.score(rows[rest], digits.labels[rest]):.1%}")
# %% [markdown]
# They help a little, and honestly so. But a variation is the same hand once more. What about *other* hands?
#
# ## Hands that nobody has
#
# How do people all over the world write a seven? With a bar or without, with a hook on the left, with a
# foot. You can describe such a **style**, and a program can follow the description with a pen: each time a
# little different. So many styles of each digit, 0 to 9, are described in this project, by people who had
# seen digits written so:
# %%
from digits_nb.training.styles import STYLES

[len(STYLES[digit]) for digit in range(10)]
# %% [markdown]
# And these are digits that code has drawn, which nobody ever wrote.
# %%
drawn = dataset.drawn_digits(3000, rng)
plots.sheet(drawn.grids[:30], drawn.labels[:30], title="Digits drawn by code")
# %% [markdown]
# Can one learn to read people from that? We let the model learn from drawn digits *alone*, from more and
# more of them, and ask it about all the digits that the thirteen wrote, of which it has seen none. Predict
# the last number.
# %%
for count in (100, 300, 1000, 3000):
    model = SVC(gamma=0.001).fit(drawn.grids[:count].reshape(-1, 64), drawn.labels[:count])
    print(f"{count:>5} drawn digits: {model.score(rows, digits.labels):.1%}")


# %% [markdown]
# About nine of ten, without a single digit that a person wrote. And together with those? Here is every
# writer again, read by a model that learned from all the others and from a thousand drawn digits: first the
# least lucky one before and after, then the mean over all before and after.
# %%
def with_drawn(writer: int) -> float:
    own = digits.groups == writer
    learned = dataset.join([digits[~own], drawn[:1000]])
    model = SVC(gamma=0.001).fit(learned.grids.reshape(-1, 64), learned.labels)
    return model.score(rows[own], digits.labels[own])


helped = np.array([with_drawn(writer) for writer in writers])
[f"{share:.1%}" for share in (shares.min(), helped[shares.argmin()], shares.mean(), helped.mean())]
# %% [markdown]
# The unlucky one is read better. But be careful: we chose this person *because* they were read worst, and
# whoever is chosen so tends to look better after any change. In the mean over all nothing is gained that is
# worth speaking of. The thirteen write too much alike to show what other hands are good for; for that we
# have to ask about *other people's* pictures. These rungs of the project's ladder add something to learn
# from: variations of all digits, printed ones, and drawn ones, measured on scanned digits (mnist), on a
# page and a photo (handwritten), and on pictures as people send them (messy).
# %%
ladder = benchmark_results.rows("ladder")
chosen = [rung for rung in ladder if rung.startswith(("all", "with"))]
plots.ladder({rung: ladder[rung] for rung in chosen}, title="What is learned from, more and more")
# %% [markdown]
# There the drawn digits are the largest step of all after those of lesson 4. Whether something helps
# depends on whom you ask about, and the thirteen were the wrong ones to ask.
#
# But is that step honest? No model has learned from those pictures. Somebody has looked at them, though:
# some of the styles were described after seeing which pictures of these kinds were misread. That is to use
# them, as whoever picked a gamma in lesson 2 used the held-out digits. So a part of this step has leaked;
# nobody knows how large a part, and on pictures that nobody has looked at a little less is to be expected.
#
# ## How sure is it?
#
# A model that always answers should at least say how sure it is. We take another kind, a small *neural
# network*, which gives each digit a **probability**. It learns from the first six blocks of writers, until
# it makes no mistakes there, and is asked about strangers.
# %%
from sklearn.neural_network import MLPClassifier

known = digits.groups < 6
network = MLPClassifier((64,), learning_rate_init=0.01, tol=1e-6, max_iter=5000, random_state=0)
network.fit(rows[known] / 16, digits.labels[known])
others, strangers = digits[np.isin(digits.groups, range(6, 10))], digits[digits.groups >= 10]
for part in (digits[known], strangers):
    print(f"{network.score(part.grids.reshape(-1, 64) / 16, part.labels):.1%}")
# %% [markdown]
# All of what it learned from, and most of the strangers' digits. The largest of the ten probabilities is
# its **confidence** in its answer. Of its mistakes with strangers, this is the one of which it was surest.
# %%
probabilities = network.predict_proba(strangers.grids.reshape(-1, 64) / 16)
mistaken = probabilities.argmax(axis=1) != strangers.labels
surest = np.argmax(probabilities.max(axis=1) * mistaken)
plots.bars(probabilities[surest], title=f"What the network says of a {strangers.labels[surest]}")
# %% [markdown]
# To judge it by one mistake would be unfair. Of all answers with eighty per cent confidence, eighty per
# cent should be right: that is what it means that a confidence can be believed. So a model's confidences
# say how many mistakes it expects to make: each answer adds what is missing to one. Here is how many the
# network expected, and how many it made.
# %%
f"{(1 - probabilities.max(axis=1)).sum():.0f}", int(mistaken.sum())


# %% [markdown]
# It is too sure of itself, like somebody who has never been wrong: where it learned, it made no mistakes.
# There is a simple cure. Raise each probability to a power, 1 / **temperature**, and divide by the sum, so
# that the ten make 1 again. Above a temperature of 1 that brings them nearer to each other, and never
# changes which is the largest.
#
# ### Exercise 5.3: write two lines
#
# Write `soften`, which takes probabilities of shape (n, 10) and a temperature, and returns them softened:
# raised to the power of 1 / temperature, and each row divided by its sum. `array.sum(axis=1,
# keepdims=True)` gives the sums of the rows as a column, by which the rows can be divided.
# %% tags=["exercise"]
def soften(probabilities: np.ndarray, temperature: float) -> np.ndarray: ...


course.check("5.3", soften)


# %% tags=["solution"]
def soften(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    raised = probabilities ** (1 / temperature)
    return raised / raised.sum(axis=1, keepdims=True)


course.check("5.3", soften)


# %% [markdown]
# Which temperature? The one with which the true labels are the least surprising: the mean of minus the
# logarithm of their probability is the smallest. We choose it on *other* writers than those whom we then
# ask about, and the network has learned from neither. (`soft` does what your function does, by way of
# logarithms.)
# %%
def soft(part: dataset.Digits, temperature: float) -> np.ndarray:
    likely = network.predict_proba(part.grids.reshape(-1, 64) / 16)
    return softmax(np.log(np.clip(likely, 1e-12, 1)) / temperature, axis=1)


for temperature in (1, 1.5, 2, 2.5, 3):
    true = np.take_along_axis(soft(others, temperature), others.labels[:, None], axis=1)
    print(f"{temperature:<4}{-np.log(true).mean():.3f}")
# %% [markdown]
# Two is the best of these. The strangers' digits again, softened with it: how many mistakes did the network
# expect, and how many were there?
# %%
softened = soft(strangers, 2)
f"{(1 - softened.max(axis=1)).sum():.0f}", int(mistaken.sum())
# %% [markdown]
# Now it knows itself much better. The same as a figure: the answers are sorted into five groups by
# confidence, and for each group one sees how many were right. The dashed line is where confidence and truth
# agree.
# %%
curve = evaluation.reliability(softened, strangers.labels, bins=5)
plots.reliability(
    curve["confidence"], curve["accuracy"], title="With a temperature of 2, asked about strangers"
)


# %% [markdown]
# ## I don't know
#
# A confidence that can be believed is good for something: below some **threshold** the model may say that
# it does not know, and a person looks.
#
# ### Exercise 5.4: write a function
#
# Write `answered`, which takes the confidence of each answer, whether each is right, and a threshold. It
# returns two shares: how many of all answers are given, because their confidence is at least the threshold;
# and how many of *those* are wrong.
# %% tags=["exercise"]
def answered(confidence: np.ndarray, right: np.ndarray, threshold: float) -> tuple[float, float]: ...


course.check("5.4", answered)


# %% tags=["solution"]
def answered(confidence: np.ndarray, right: np.ndarray, threshold: float) -> tuple[float, float]:
    given = confidence >= threshold
    return given.mean(), (~right[given]).mean()


course.check("5.4", answered)
# %% [markdown]
# Here is what a threshold buys, and what it costs: first the threshold, then the share that is answered,
# then the share of these that is wrong.
# %%
for threshold in (0, 0.5, 0.7, 0.8, 0.9):
    given = softened.max(axis=1) >= threshold
    print(f"{threshold:<4}{given.mean():>8.1%}{mistaken[given].mean():>8.1%}")
# %% [markdown]
# Which line would you choose for postcodes, where a letter goes astray? Which for cheques?
#
# One thing a threshold mends only in part. Here are scribbles, signs and stripes, which are no digits at
# all.
# %%
things = dataset.drawn_outliers(300, np.random.default_rng(0))
plots.sheet(things.grids[:20], title="What is no digit")
# %% [markdown]
# And this is the share of them of which the network is more than ninety per cent sure: first as it was,
# then softened.
# %%
[f"{(soft(things, temperature).max(axis=1) > 0.9).mean():.0%}" for temperature in (1, 2)]
# %% [markdown]
# The temperature keeps many of them away, and a third still pass for digits of which it is sure. It was
# never shown anything else than digits. The model that this project ships has met such things while it
# learned, each with a label by chance, so that no digit is likely there; how far that goes,
# [train.ipynb](../train.ipynb) tells.
#
# ## Quiz
#
# Answer with three letters in quotes, such as `"xyz"`.
#
# **Question 1.** You have varied all digits, shuffled them, and scored nearly a hundred. What do you say?
#
# - a: the variations have made the model better
# - b: more variations are needed
# - c: the score has leaked: variations of the same digit were on both sides
#
# **Question 2.** Of its answers with ninety per cent confidence, a model gets seventy of a hundred right.
# What is it?
#
# - a: too modest
# - b: too sure of itself
# - c: well calibrated, for seventy is more than half
#
# **Question 3.** You raise the threshold below which a well calibrated model does not answer. What happens
# to the answers that it still gives?
#
# - a: they are fewer, and a smaller share of them is wrong
# - b: they are as many, and better
# - c: they are more, and worse
# %% tags=["exercise", "quiz"]
letters = ...
course.check("5.quiz", letters)
# %% tags=["solution", "quiz"]
letters = "cba"
course.check("5.quiz", letters)
# %% [markdown]
# ## What you have learned
#
# - A score is a mean over people, and each of them has a score of their own.
# - Variations of what one has leak easily; what other hands are good for shows only on other people's
#   pictures.
# - Confidence can be measured, mended, and used to say "I don't know", but only about what is like what was
#   learned.
#
# The next cell lists the exercises that you have solved since this notebook was started.
# %%
course.solved()
# %% [markdown]
# **Where to read on.** Lesson 6, [Out into the world](6-out-into-the-world.ipynb), lets other people ask.
# [train.ipynb](../train.ipynb) trains the model that the project ships, with all of this. About
# temperatures: C. Guo and others, [On calibration of modern neural
# networks](https://arxiv.org/abs/1706.04599).
