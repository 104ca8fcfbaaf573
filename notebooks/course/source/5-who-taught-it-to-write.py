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
# - how variations and drawings make more of few digits, and how they can leak;
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

from digits_nb import course, dataset, evaluation, measurements, plots

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
# Lesson 2 kept writers apart, a few at a time. Now we do it with one. Whoever uses a model later is, to it,
# that one: somebody whose hand it has never seen.
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
# For some people it hardly ever errs. For one of them it errs nearly every tenth time, and that person
# would not believe you if you spoke of ninety-eight per cent. A mean over people is the experience of
# nobody. These are that person's misread digits:
# %%
unlucky = digits.groups == writers[shares.argmin()]
model = SVC(gamma=0.001).fit(rows[~unlucky], digits.labels[~unlucky])
read = model.predict(rows[unlucky])
wrong = np.flatnonzero(unlucky)[read != digits.labels[unlucky]]
captions = [f"{digits.labels[row]} → {model.predict(rows[[row]])[0]}" for row in wrong]
plots.sheet(digits.grids[wrong], captions, title="The least lucky writer's misread digits: written → read")
# %% [markdown]
# Some of these are *plain* digits. They are only written in a way in which none of the others writes them.
# The model needs more teachers, and we have no more people.
#
# ## The same hand, another time
#
# Nobody writes the same nine twice. So here is one nine, and nine **variations** of it, as the same hand
# might have written it another time: a little turned, slanted, bent, with a broader or a finer pen.
# %%
nine = dataset.load()[nines[1] : nines[1] + 1]
varied = dataset.varied_digits(nine, 9, np.random.default_rng(0))
plots.sheet(varied.grids, title="A nine, and nine variations of it")
# %% [markdown]
# It looks like ten times as many digits for nothing. It is a trap as well. We vary each digit twice,
# shuffle all that we have, learn from one half and ask about the other:
# %%
varied = dataset.varied_digits(dataset.load(), 2, np.random.default_rng(0))
order = np.random.default_rng(0).permutation(len(varied))
learned, asked = varied[order[::2]], varied[order[1::2]]
model = SVC(gamma=0.001).fit(learned.grids.reshape(-1, 64), learned.labels)
f"{model.score(asked.grids.reshape(-1, 64), asked.labels):.1%}"


# %% [markdown]
# Wonderful, and worthless. Whatever it is asked about, it has probably learned a variation of the very same
# digit. `varied.rows` says of which row of the data set each one is a variation.
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
# Honestly measured, then: the first half of the rows with all its variations is learned from, and the
# second half, which none of them comes from, is asked about. First without variations, then with them.
# %%
half = len(digits) // 2
for learned in (digits[:half], varied[varied.rows < half]):
    model = SVC(gamma=0.001).fit(learned.grids.reshape(-1, 64), learned.labels)
    print(f"{len(learned):>5} digits: {model.score(rows[half:], digits.labels[half:]):.1%}")
# %% [markdown]
# They help little here, if at all: a variation is the same hand once more, and what is missing is *other*
# hands.
#
# ## Hands that nobody has
#
# How do people all over the world write a seven? With a bar or without, with a hook on the left, with a
# foot. You can describe such a **style** in words, and a program can follow the description with a pen:
# each time a little different. So many styles of each digit, 0 to 9, are described in this project:
# %%
from digits_nb.styles import STYLES

[len(STYLES[digit]) for digit in range(10)]
# %% [markdown]
# And these are digits that code has drawn, which nobody ever wrote.
# %%
drawn = dataset.drawn_digits(3000, np.random.default_rng(0))
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
# Nine of ten, without having met anybody. And together with the digits that people wrote? This is the share
# that is read of the least lucky writer's digits: first by a model that learned from the other writers,
# then by one that learned from the drawn digits as well.
# %%
others = digits[~unlucky]
for learned in (others, dataset.join([others, drawn])):
    model = SVC(gamma=0.001).fit(learned.grids.reshape(-1, 64), learned.labels)
    print(f"{len(learned):>5} digits: {model.score(rows[unlucky], digits.labels[unlucky]):.1%}")
# %% [markdown]
# That is what the unlucky one needed: not more digits, but more kinds of them. On pictures from elsewhere
# it is the largest step of all after those of lesson 4; here are the rungs of the ladder that add something
# to learn from.
# %%
ladder = measurements.figures("ladder")
plots.ladder({rung: ladder[rung] for rung in list(ladder)[6:11]}, title="What is learned from, more and more")
# %% [markdown]
# ## How sure is it?
#
# A model that always answers should at least say how sure it is. We take another kind, a small *neural
# network*, which gives each digit a **probability**. It learns from the first six blocks of writers, until
# it makes no mistakes there, and is asked about the others.
# %%
from sklearn.neural_network import MLPClassifier

known = digits.groups < 6
network = MLPClassifier((64,), learning_rate_init=0.01, tol=1e-6, max_iter=5000, random_state=0)
network.fit(rows[known] / 16, digits.labels[known])
probabilities, labels = network.predict_proba(rows[~known] / 16), digits.labels[~known]
f"{np.mean(probabilities.argmax(axis=1) == labels):.1%}"
# %% [markdown]
# The largest of the ten probabilities is its **confidence** in its answer. Of its mistakes, this is the one
# of which it was surest.
# %%
mistaken = probabilities.argmax(axis=1) != labels
surest = np.argmax(probabilities.max(axis=1) * mistaken)
plots.bars(probabilities[surest], title=f"How sure the network is of each digit; it is a {labels[surest]}")
# %% [markdown]
# To judge it by one mistake would be unfair. Of all answers with eighty per cent confidence, eighty per
# cent should be right: that is all one can ask of a confidence. The figure sorts the answers into groups by
# confidence, and shows for each group how many were right.
# %%
before = evaluation.reliability(probabilities[1::2], labels[1::2], bins=20)
plots.reliability(
    before["confidence"], before["accuracy"], title="Six writers' network, asked about strangers"
)


# %% [markdown]
# Below the dashed line it is too sure of itself, as one is who has never been wrong: where it learned, it
# made no mistakes. There is a simple cure. Raise each probability to a power, 1 / **temperature**, and
# divide by the sum, so that the ten make 1 again. Above a temperature of 1 that brings them nearer to each
# other, and never changes which is the largest.
#
# ### Exercise 5.3: write two lines
#
# Write `soften`, which takes probabilities of shape (n, 10) and a temperature, and returns them softened:
# raised to the power of 1 / temperature, and each row divided by its sum.
# %% tags=["exercise"]
def soften(probabilities: np.ndarray, temperature: float) -> np.ndarray: ...


course.check("5.3", soften)


# %% tags=["solution"]
def soften(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    raised = probabilities ** (1 / temperature)
    return raised / raised.sum(axis=1, keepdims=True)


course.check("5.3", soften)


# %% [markdown]
# Which temperature? The one that makes the true labels most probable, on digits that were *not* learned
# from. We use one half of the strangers' digits to choose it, and the other half, which is what the figures
# show, to see whether it was a good choice. (`soft` does what your function does, by way of logarithms.)
# The smaller the second number, the better.
# %%
def soft(temperature: float, part: slice) -> np.ndarray:
    logarithms = np.log(np.clip(probabilities[part], 1e-12, 1))
    return softmax(logarithms / temperature, axis=1)


for temperature in (1, 1.5, 2, 2.5, 3):
    likely = np.take_along_axis(soft(temperature, slice(0, None, 2)), labels[::2, None], axis=1)
    print(f"{temperature:<4}{-np.log(likely).mean():.4f}")
# %% [markdown]
# Two is the best of these. The same figure for the other half, softened with it:
# %%
after = evaluation.reliability(soft(2, slice(1, None, 2)), labels[1::2], bins=20)
plots.reliability(after["confidence"], after["accuracy"], title="The same network, with a temperature of 2")
# %% [markdown]
# And in one number each, before and after: how far confidence and truth are apart, in the mean over all
# answers.
# %%
f"{before['error']:.3f}", f"{after['error']:.3f}"


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
confidence, right = soft(2, slice(None)).max(axis=1), ~mistaken
for threshold in (0, 0.5, 0.7, 0.8, 0.9):
    given = confidence >= threshold
    print(f"{threshold:<4}{given.mean():>8.1%}{(~right[given]).mean():>8.1%}")
# %% [markdown]
# Which line would you choose for postcodes, where a letter goes astray? Which for cheques?
#
# One thing no threshold can mend. Here are scribbles, signs and stripes, which are no digits at all, and
# the share of them of which the network is more than ninety per cent sure.
# %%
things = dataset.drawn_outliers(300, np.random.default_rng(0))
plots.sheet(things.grids[:20], title="What is no digit")
# %% [markdown]
# It was never shown anything else than digits, and so takes everything for one:
# %%
sure = network.predict_proba(things.grids.reshape(-1, 64) / 16).max(axis=1) > 0.9
f"{sure.mean():.0%}"
# %% [markdown]
# The model that this project ships has met such things while it learned, each with a label by chance, so
# that no digit is likely there; how far that goes, [train.ipynb](../train.ipynb) tells.
#
# ## Quiz
#
# Answer with three letters in quotes, such as `"xyz"`.
#
# **Question 1.** You have varied all digits, shuffled them, and scored ninety-nine and a half. What do you
# say?
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
# **Question 3.** You raise the threshold below which the model does not answer. What happens to the answers
# that it still gives?
#
# - a: they are fewer, and fewer of them are wrong
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
# - A score is a mean over people, and each of them meets another model.
# - More of the same hand helps little, and leaks easily; other hands help, even drawn ones.
# - Confidence can be measured, mended, and used to say "I don't know", but only about what is like what was
#   learned.
#
# If your teacher wants to know how far you came, put your name between the quotes.
# %%
course.grade("")
# %% [markdown]
# **Where to read on.** Lesson 6, [Out into the world](6-out-into-the-world.ipynb), lets other people ask.
# [train.ipynb](../train.ipynb) trains the model that the project ships, with all of this. About
# temperatures: C. Guo and others, [On calibration of modern neural
# networks](https://arxiv.org/abs/1706.04599).
