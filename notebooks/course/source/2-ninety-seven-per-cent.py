# %% [markdown]
# # Lesson 2: Ninety-seven per cent
#
# The best-known first example of machine learning in Python reads about ninety-seven of a hundred digits
# right. In this lesson you build it, in three lines. Then you ask what its score says: compared with what,
# counted on which digits, and about whom.
#
# **What you will learn**
#
# - to compare a score with that of somebody who does not even look;
# - why a model is asked about digits that it has not learned from, and what happens otherwise;
# - to read a confusion matrix, and to look at the pictures behind its cells;
# - why the same model scores higher when its digits are shuffled, and which score to believe.
#
# **What you need**: [lesson 1](1-sixty-four-numbers.ipynb), or to know what a grid is. **How long it takes**:
# half an hour.
# %% [markdown]
# ## Somebody who does not look
#
# We load the digits. A model takes rows of numbers, so we lay out each grid as one row of sixty-four.
# %%
import numpy as np

from digits_nb import course, plots
from digits_nb.training import dataset

digits = dataset.load()
rows = digits.grids.reshape(-1, 64)
rows.shape
# %% [markdown]
# The first half is there to learn from. The second half is **held out**: nobody looks at it until a model is
# asked about it.
# %%
half = len(digits) // 2
learned, held = rows[:half], rows[half:]
learned_labels, held_labels = digits.labels[:half], digits.labels[half:]
len(learned), len(held)
# %% [markdown]
# Before any model, a *dummy*: it does not look at the digits at all, and always gives the label that was most
# frequent where it learned. What will it score? Make a guess, then run the cell. A score is the share of
# right answers.
# %%
from sklearn.dummy import DummyClassifier

dummy = DummyClassifier().fit(learned, learned_labels)
f"{dummy.score(held, held_labels):.1%}"
# %% [markdown]
# With ten digits that are about equally frequent, that is what not looking is worth. If nine tenths of the
# digits were ones, the same dummy would score ninety per cent, and would still not have read a single digit.
# So a score means little without the one beside it.
#
# ## Three lines
#
# Here is the famous example: a *support vector classifier*. It remembers the learned digits that lie nearest
# to the borders between the labels, and weighs a new digit against each of them. `gamma` says how far a
# remembered digit can see: the larger it is, the shorter the sight.
# %%
from sklearn.svm import SVC

model = SVC(gamma=0.001).fit(learned, learned_labels)
f"{model.score(held, held_labels):.1%}"
# %% [markdown]
# This is a good score, honestly measured, and it is where the title of this lesson comes from. These are the
# first of the held-out digits, with what the model reads in them.
# %%
read = model.predict(held)
plots.sheet(held[:20], read[:20], title="The first of the held-out digits, and what they are read as")
# %% [markdown]
# ### Exercise 2.1: write a line
#
# A share is easy to say and hard to feel. How many of the held-out digits did the model read *wrongly*?
# `read` holds what was read and `held_labels` what was written; compare them and count.
# %% tags=["exercise"]
mistakes = ...
course.check("2.1", mistakes)
# %% tags=["solution"]
mistakes = np.sum(read != held_labels)
course.check("2.1", mistakes)
# %% [markdown] tags=["solution"]
# `read != held_labels` is an array of true and false, and the sum of it counts the true ones.
# %% [markdown]
# ## Behind the number
#
# *Which* mistakes? A **confusion matrix** has a row for each digit that was written and a column for each
# that was read. The right answers are on its diagonal, everything beside it is a mistake. To its right are
# the mistakes themselves: look at them before you look at the numbers.
# %%
plots.confusion(held_labels, read, held)
# %% [markdown]
# Some of them you would misread yourself; others you would not. And they are not spread evenly: one row of
# the matrix has far more beside the diagonal than the others. This is the share of each digit, 0 to 9, that
# was misread, in per cent.
# %%
misread = [np.mean(read[held_labels == digit] != digit) for digit in range(10)]
(100 * np.array(misread)).round(1)
# %% [markdown]
# So "ninety-seven per cent" is true for the digits taken together and false for one of them. Whoever writes a
# postcode with that digit in it meets another model than everybody else. We take one of the mistakes and look
# at its neighbours among the learned digits, as in lesson 1.
# %%
hardest = np.argmax(misread)
wrong = held[(held_labels == hardest) & (read != hardest)][0]
plots.neighbours(wrong, learned, learned_labels, title="A mistake, and the learned digits nearest to it")
# %% [markdown]
# ## Learned by heart
#
# Why do we ask only about the second half? Here is the score of the same model on the digits that it learned
# from.
# %%
f"{model.score(learned, learned_labels):.1%}"
# %% [markdown]
# That is better, and says less: a model that remembers its digits can read them again without having
# understood anything. How bad can it get? You decide.
#
# ### Exercise 2.2: change it, and explain
#
# Find a `gamma` for which the model reads *all* the digits that it learned from, and the held-out ones hardly
# better than the dummy. Try some powers of ten: `SVC(gamma=…).fit(learned, learned_labels)`, then both
# scores. Before you go on, explain to your neighbour, or to the wall, what such a model does.
# %% tags=["exercise"]
gamma = ...
course.check("2.2", gamma)
# %% tags=["solution"]
gamma = 1
course.check("2.2", gamma)
# %% [markdown] tags=["solution"]
# With so large a gamma each remembered digit sees no further than itself. A digit that was learned is
# recognised, as one recognises a photograph; any other is too far from everything, and gets the same answer
# whatever it shows. The score on what was learned would never have told us.
# %% [markdown]
# Here are both scores for some values in between: first gamma, then the score on the learned digits, then on
# the held-out ones. Only the last column shows that there is a best place somewhere in the middle.
# %%
for gamma_tried in (0.00001, 0.0001, 0.001, 0.01, 0.1):
    tried = SVC(gamma=gamma_tried).fit(learned, learned_labels)
    scores = tried.score(learned, learned_labels), tried.score(held, held_labels)
    print(f"{gamma_tried:<8g}" + "".join(f"{score:>8.1%}" for score in scores))
# %% [markdown]
# One more thing, which is easy to miss. Whoever now picks the gamma with the best last column has *used* the
# held-out digits to choose, and their score is no longer the score on digits that nobody looked at. It has
# leaked, if only a little.
#
# ### Exercise 2.3: write three lines
#
# Train another kind of model: `KNeighborsClassifier`, which gives a digit the label that most of its nearest
# neighbours have. Import it from `sklearn.neighbors`; how many neighbours it asks is its first argument. Fit
# it so that it reads at least 95 % of the held-out digits, and give the fitted model to the check.
# %% tags=["exercise"]
neighbours = ...
course.check("2.3", neighbours)
# %% tags=["solution"]
from sklearn.neighbors import KNeighborsClassifier

neighbours = KNeighborsClassifier(3).fit(learned, learned_labels)
course.check("2.3", neighbours)
# %% [markdown] tags=["solution"]
# Any small number of neighbours will do. What matters is that `fit` was given `learned`, and not `rows`: with
# all the digits in its memory, each one's nearest neighbour is itself.
# %% [markdown]
# ## Ninety-nine, or ninety-six?
#
# One half to learn from and one to be asked about is a waste: each digit is used for one thing only.
# **Cross-validation** cuts the digits into five parts, asks about each in turn after learning from the other
# four, and takes the mean. Usually they are shuffled before.
# %%
from sklearn.model_selection import GroupKFold, KFold, cross_val_score

shuffled = KFold(5, shuffle=True, random_state=0)
f"{cross_val_score(SVC(gamma=0.001), rows, digits.labels, cv=shuffled).mean():.1%}"
# %% [markdown]
# That is more than before, and not only because there is more to learn from. Remember that thirteen people
# wrote these digits. `digits.groups` says who wrote which, as well as it is known: the digits come in blocks,
# one writer after the other. These are the first digits of three writers; each has a hand of their own.
# %%
chosen = [row for writer in (0, 4, 9) for row in np.flatnonzero(digits.groups == writer)[:10]]
plots.sheet(
    digits.grids[chosen], digits.labels[chosen], title="The first digits of three writers, a row each"
)
# %% [markdown]
# If the digits are shuffled, the model is asked about writers whose hand it has met: it has learned from
# other digits by the same person. `GroupKFold` keeps writers together, so that nobody is on both sides, as
# far as it is known where one writer's block ends and the next begins.
# %%
apart = GroupKFold(5)
f"{cross_val_score(SVC(gamma=0.001), rows, digits.labels, cv=apart, groups=digits.groups).mean():.1%}"


# %% [markdown]
# The same model, the same digits, and several times as many mistakes. Neither score is wrong: they answer
# different questions. Shuffled, the question is how well the model reads *another digit by somebody it
# knows*. Kept apart, it is how well it reads *somebody new*. You are somebody new.
#
# ### Exercise 2.4: write a function
#
# Write `met`, which is given who wrote each of the training digits and who wrote each of the test digits, and
# returns the share of the test digits, 0 to 1, whose writer the model has met. `np.isin(a, b)` says of each
# element of `a` whether it is somewhere in `b`.
# %% tags=["exercise"]
def met(train: np.ndarray, test: np.ndarray) -> float: ...


course.check("2.4", met)


# %% tags=["solution"]
def met(train: np.ndarray, test: np.ndarray) -> float:
    return np.isin(test, train).mean()


course.check("2.4", met)
# %% [markdown]
# Here is that share for each of the five parts, first shuffled, then with writers kept apart.
# %%
parts = {"shuffled": shuffled.split(rows), "kept apart": apart.split(rows, groups=digits.groups)}
for name, pairs in parts.items():
    print(name, [float(np.isin(digits.groups[test], digits.groups[train]).mean()) for train, test in pairs])
# %% [markdown]
# ## Quiz
#
# Answer with three letters in quotes, such as `"xyz"`.
#
# **Question 1.** Somebody's model finds, on an assembly line, the one bolt in a hundred that is cracked; it
# is right about ninety-nine bolts of a hundred. What do you ask first?
#
# - a: which model it is
# - b: whether it could be made faster
# - c: how often it would be right if it never said "cracked"
#
# **Question 2.** A model reads everything that it learned from, and little else. What has happened?
#
# - a: it has learned its digits by heart
# - b: it has learned from too many digits
# - c: it has leaked
#
# **Question 3.** You want to know how well a model will read the forms of next year's applicants. Which score
# do you believe?
#
# - a: the one of shuffled cross-validation, for it is the highest
# - b: the one with writers kept apart, for the applicants are people whom it has never met
# - c: the one on what it learned from, for there are the most digits
# %% tags=["exercise", "quiz"]
letters = ...
course.check("2.quiz", letters)
# %% tags=["solution", "quiz"]
letters = "cab"
course.check("2.quiz", letters)
# %% [markdown]
# ## What you have learned
#
# - A score stands beside that of a dummy, and is counted on digits that were held out.
# - Behind a score are pictures, and they are not all equally likely to be misread.
# - What is kept apart decides what a score speaks of: other digits, or other people.
#
# The next cell lists the exercises that you have solved since this notebook was started.
# %%
course.solved()
# %% [markdown]
# **Where to read on.** Even ninety-six, with writers kept apart, was measured on grids that somebody else had
# made so carefully that you never saw it happen. Lesson 3, [Your own digit](3-your-own-digit.ipynb), asks the
# same model about a picture. scikit-learn tells about
# [cross-validation](https://scikit-learn.org/stable/modules/cross_validation.html), and its course has a
# lesson on [these very
# writers](https://inria.github.io/scikit-learn-mooc/python_scripts/cross_validation_grouping.html).
