"""The words of the comment grammar, class by class, the most frequent first.

A class is one string. Its words are separated by blanks; the inflected forms of one word by
slashes, in the order that `FORMS` gives for the class. No word belongs to two classes, so that
a word tells its class and its form, and no verb has a form that serves two tenses.

Everything that may follow "a" starts with a consonant sound: nouns in the singular, and the
adjectives that stand in front of a noun (`good`, `nice`).
"""

import itertools
from collections.abc import Iterator

NUMBERS = ("sg", "pl")
TENSES = ("pl", "sg", "past")  # "pl" is the base form too: they buy, i buy, do buy, to buy
NO_FORMS = ("",)

NOUNS = {
    # who someone is, and what comments are about
    "who": "person/people guy/guys friend/friends mod/mods neighbor/neighbors boss/bosses "
    "teacher/teachers roommate/roommates kid/kids doctor/doctors landlord/landlords user/users "
    "dude/dudes cop/cops cousin/cousins dentist/dentists lawyer/lawyers gamer/gamers "
    "nurse/nurses barista/baristas coworker/coworkers hacker/hackers",
    "what": "phone/phones car/cars game/games pizza/pizzas movie/movies laptop/laptops "
    "book/books song/songs computer/computers burger/burgers camera/cameras video/videos "
    "bike/bikes sandwich/sandwiches keyboard/keyboards cake/cakes router/routers "
    "podcast/podcasts taco/tacos sequel/sequels printer/printers cookie/cookies monitor/monitors "
    "toaster/toasters charger/chargers salad/salads battery/batteries drone/drones show/shows "
    "burrito/burritos tablet/tablets headset/headsets comic/comics sofa/sofas server/servers "
    "pancake/pancakes guitar/guitars muffin/muffins website/websites novel/novels lamp/lamps "
    "microwave/microwaves poster/posters cable/cables",
    "period": "week/weeks month/months year/years night/nights summer/summers",
}

VERBS = {
    # grab goes with things, help with people, like with both
    "grab": "buy/buys/bought need/needs/needed sell/sells/sold order/orders/ordered "
    "return/returns/returned review/reviews/reviewed lose/loses/lost borrow/borrows/borrowed "
    "test/tests/tested",
    "help": "help/helps/helped trust/trusts/trusted ban/bans/banned call/calls/called "
    "follow/follows/followed annoy/annoys/annoyed",
    "like": "love/loves/loved like/likes/liked hate/hates/hated recommend/recommends/recommended "
    "miss/misses/missed",
    "work": "work/works/worked sleep/sleeps/slept wait/waits/waited laugh/laughs/laughed",
    "talk": "complain/complains/complained argue/argues/argued",
    "want": "want/wants/wanted try/tries/tried pretend/pretends/pretended",
    "think": "think/thinks/thought believe/believes/believed say/says/said hope/hopes/hoped "
    "claim/claims/claimed",
    "blame": "blame/blames/blamed surprise/surprises/surprised",
}

WORDS = {
    "nice": "nice smart rude lazy young polite creepy friendly clueless",
    "good": "new good bad cheap great weird terrible decent fancy boring funny cold tiny dusty "
    "broken popular silly heavy noisy greasy rare fake loud",
    "mood": "angry happy wrong tired upset sad excited bored jealous confused nervous hungry",
    "verdict": "awesome awful amazing overrated expensive perfect underrated useless fantastic "
    "horrible",
    "better": "better worse cheaper older nicer uglier",
    "degree": "really very too pretty quite rather",
    "often": "always never usually often rarely sometimes",
    "modal": "should can could must might",
    "urge": "just please definitely simply",
    "opener": "honestly well sorry yeah wow seriously sadly actually personally luckily hey lol",
    "place": "gym store library beach hospital station party mall museum zoo park market",
    "near": "at near behind outside inside beside",
    "link": "because whenever although unless since",
    "number": "two three five ten",
}

FORMS = (
    dict.fromkeys(NOUNS, NUMBERS) | dict.fromkeys(VERBS, TENSES) | dict.fromkeys(WORDS, NO_FORMS)
)

# Zipf-Mandelbrot: the weight of the word of rank r = 1, 2, ... is 1 / (r + SHIFT). The shift is
# large, so that 20,000 sentences show even the rarest words a few dozen times.
SHIFT = 20


def zipf_probabilities(count: int) -> list[float]:
    """Probabilities of `count` words by rank, after the Zipf-Mandelbrot law.

    Returns
    -------
    list of float
        Falling, and summing to one.
    """
    weights = [1 / (rank + SHIFT) for rank in range(1, count + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]


def lexical_rules() -> Iterator[tuple[str, str, float]]:
    """Every (preterminal, word, probability), such as ("what_pl", "phones", 0.042).

    The preterminal is the name of the class with the form after an underscore, or the bare name
    where the class has no forms.
    """
    for name, words in itertools.chain(NOUNS.items(), VERBS.items(), WORDS.items()):
        entries = [entry.split("/") for entry in words.split()]
        for column, form in enumerate(FORMS[name]):
            preterminal = f"{name}_{form}" if form else name
            for entry, probability in zip(entries, zipf_probabilities(len(entries)), strict=True):
                yield preterminal, entry[column], probability
