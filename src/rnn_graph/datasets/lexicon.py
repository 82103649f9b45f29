"""The words of the comment grammar, class by class, the most frequent first.

A class is one string. Its words are separated by blanks; the inflected forms of one word by
slashes, in the order that `FORMS` gives for the class. No word belongs to two classes, so that
a word tells its class and its form, and no verb has a form that serves two tenses.

Everything that may follow "a" starts with a consonant sound: nouns in the singular, and the
adjectives that stand in front of a noun (`good`, `fit_*`).
"""

import itertools
from collections.abc import Iterator

NUMBERS = ("sg", "pl")
TENSES = ("pl", "sg", "past")  # "pl" is the base form too: they buy, i buy, do buy, to buy
NO_FORMS = ("",)

NOUNS = {
    # who someone is, and what comments are about: gadgets, food, and shows
    "who": "person/people guy/guys friend/friends mod/mods neighbor/neighbors boss/bosses "
    "teacher/teachers roommate/roommates kid/kids doctor/doctors landlord/landlords user/users "
    "dude/dudes cop/cops nurse/nurses cousin/cousins coworker/coworkers dentist/dentists "
    "lawyer/lawyers gamer/gamers hacker/hackers barista/baristas",
    "gear": "phone/phones car/cars laptop/laptops computer/computers router/routers "
    "keyboard/keyboards camera/cameras bike/bikes printer/printers monitor/monitors "
    "tablet/tablets charger/chargers server/servers toaster/toasters console/consoles "
    "battery/batteries headset/headsets drone/drones fridge/fridges blender/blenders",
    "food": "pizza/pizzas burger/burgers sandwich/sandwiches taco/tacos cake/cakes "
    "salad/salads soup/soups cookie/cookies pie/pies steak/steaks pancake/pancakes "
    "burrito/burritos muffin/muffins curry/curries",
    "show": "game/games movie/movies song/songs book/books video/videos podcast/podcasts "
    "sequel/sequels trailer/trailers cartoon/cartoons comic/comics documentary/documentaries "
    "remake/remakes",
    "period": "week/weeks month/months year/years night/nights summer/summers",
}

VERBS = {
    # take_* goes with one kind of object, like with any of them, meet with people
    "take_gear": "use/uses/used buy/buys/bought need/needs/needed fix/fixes/fixed "
    "sell/sells/sold return/returns/returned replace/replaces/replaced test/tests/tested "
    "lose/loses/lost borrow/borrows/borrowed "
    "upgrade/upgrades/upgraded",
    "take_food": "order/orders/ordered cook/cooks/cooked burn/burns/burned "
    "bake/bakes/baked fry/fries/fried devour/devours/devoured share/shares/shared",
    "take_show": "enjoy/enjoys/enjoyed watch/watches/watched finish/finishes/finished "
    "skip/skips/skipped review/reviews/reviewed discuss/discusses/discussed "
    "spoil/spoils/spoiled pirate/pirates/pirated",
    "take_who": "help/helps/helped trust/trusts/trusted ban/bans/banned call/calls/called "
    "follow/follows/followed praise/praises/praised annoy/annoys/annoyed avoid/avoids/avoided "
    "warn/warns/warned mock/mocks/mocked block/blocks/blocked",
    "like": "love/loves/loved like/likes/liked hate/hates/hated recommend/recommends/recommended "
    "miss/misses/missed deserve/deserves/deserved defend/defends/defended",
    "work": "work/works/worked sleep/sleeps/slept "
    "lie/lies/lied wait/waits/waited cry/cries/cried "
    "laugh/laughs/laughed relax/relaxes/relaxed",
    "talk": "talk/talks/talked complain/complains/complained joke/jokes/joked argue/argues/argued "
    "worry/worries/worried",
    "run": "crash/crashes/crashed fail/fails/failed freeze/freezes/froze "
    "overheat/overheats/overheated explode/explodes/exploded "
    "glitch/glitches/glitched",
    "seem": "seem/seems/seemed look/looks/looked sound/sounds/sounded",
    "want": "want/wants/wanted try/tries/tried plan/plans/planned refuse/refuses/refused "
    "pretend/pretends/pretended promise/promises/promised",
    "think": "think/thinks/thought believe/believes/believed say/says/said hope/hopes/hoped "
    "claim/claims/claimed suspect/suspects/suspected swear/swears/swore",
    "blame": "blame/blames/blamed remind/reminds/reminded question/questions/questioned",
}

WORDS = {
    "good": "new good bad cheap great weird terrible decent fancy random",
    "fit_who": "nice smart rude lazy young polite creepy friendly boring clueless",
    "fit_gear": "broken slow noisy sturdy wireless reliable heavy tiny dusty",
    "fit_food": "cold spicy fresh greasy salty frozen soggy vegan",
    "fit_show": "funny long scary predictable silly popular pretentious violent",
    "mood": "angry happy wrong tired upset sad excited bored jealous confused nervous "
    "grumpy hungry",
    "verdict": "awesome awful amazing overrated expensive perfect underrated useless fantastic "
    "horrible",
    "better": "better worse cheaper older nicer uglier",
    "degree": "really very too pretty quite rather extremely",
    "often": "always never usually often rarely sometimes",
    "modal": "should can could must might",
    "urge": "just please definitely simply",
    "opener": "honestly well sorry yeah wow seriously sadly actually personally luckily hey lol",
    "place": "gym store library beach hospital station party mall museum zoo park market",
    "link": "because whenever although unless since",
    "near": "at near behind outside inside beside",
    "number": "two three five ten",
}

FORMS = (
    dict.fromkeys(NOUNS, NUMBERS) | dict.fromkeys(VERBS, TENSES) | dict.fromkeys(WORDS, NO_FORMS)
)

# Zipf-Mandelbrot: the weight of the word of rank r = 1, 2, ... is 1 / (r + SHIFT) ** EXPONENT
SHIFT = 10.0
EXPONENT = 1


def zipf_probabilities(count: int) -> list[float]:
    """Probabilities of `count` words by rank, after the Zipf-Mandelbrot law.

    Returns
    -------
    list of float
        Falling, and summing to one.
    """
    weights = [(rank + SHIFT) ** -EXPONENT for rank in range(1, count + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]


def lexical_rules() -> Iterator[tuple[str, str, float]]:
    """Every (preterminal, word, probability), such as ("gear_pl", "phones", 0.13).

    The preterminal is the name of the class with the form after an underscore, or the bare name
    where the class has no forms.
    """
    for name, words in itertools.chain(NOUNS.items(), VERBS.items(), WORDS.items()):
        entries = [entry.split("/") for entry in words.split()]
        for column, form in enumerate(FORMS[name]):
            preterminal = f"{name}_{form}" if form else name
            for entry, probability in zip(entries, zipf_probabilities(len(entries)), strict=True):
                yield preterminal, entry[column], probability
