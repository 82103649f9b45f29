"""The rules of the comment grammar above its lexicon.

Three habits keep it unambiguous. A noun takes a modifier only in front of the verb, and at most
one; a place closes a verb phrase and a time closes a whole past-tense event; and every word of
the lexicon belongs to one class. No symbol reaches itself again, so that the language is finite
and sentences have a longest length.
"""

import itertools
from collections.abc import Iterator

from rnn_graph.datasets.lexicon import NUMBERS, TENSES

# One rule set a line, with probabilities in brackets. A line with {n} stands for one line per
# number, a line with {t} for one per tense and the base form. Lower-case symbols are classes of
# the lexicon.
PLACEHOLDERS = {"{n}": NUMBERS, "{t}": TENSES}

RULES = """
# sentences
S -> BODY STOP [0.5] | opener BODY STOP [0.2] | QUESTION '?' [0.19] | opener QUESTION '?' [0.05]
    | CLAUSE ',' 'right' '?' [0.02] | CHEER '!' [0.04]
STOP -> '.' [0.7] | '!' [0.3]
BODY -> CLAUSE [0.08] | OPINION [0.17] | PAIR [0.29] | STORY [0.33] | ADVICE [0.13]
CHEER -> 'what' 'a' good what_sg [0.6] | 'thanks' 'for' 'the' what_sg [0.4]

# statements in the present tense
OPINION -> 'i' think_pl CLAUSE [0.55] | WHO_sg think_sg 'that' CLAUSE [0.2]
    | WHO_pl think_pl 'that' CLAUSE [0.15] | 'i' 'am' 'so' mood 'that' CLAUSE [0.1]
PAIR -> CLAUSE ',' 'but' CLAUSE [0.35] | CLAUSE link CLAUSE [0.45]
    | 'if' CLAUSE ',' 'then' CLAUSE [0.2]
CLAUSE -> 'i' DOES_i [0.13] | WHO_sg DOES_sg [0.21] | WHO_pl DOES_pl [0.21]
    | WHAT_sg LOOKS_sg [0.20] | WHAT_pl LOOKS_pl [0.17] | SELF [0.03]
    | 'neither' BRIEF_sg 'nor' BRIEF_sg VERB_sg [0.02] | 'it' 'is' VERDICT [0.03]
SELF -> 'i' blame_pl 'myself' [0.3] | 'he' blame_sg 'himself' [0.2]
    | 'she' blame_sg 'herself' [0.25] | 'they' blame_pl 'themselves' [0.25]

# what people do and are, and what things are
DOES_i -> VERB_pl [0.60] | often VERB_pl [0.12] | 'do' 'not' DEED_pl [0.13] | 'am' MOOD [0.15]
DOES_{n} -> VERB_{n} [0.55] | often VERB_{n} [0.12] | DO_{n} 'not' DEED_pl [0.08]
    | BE_{n} MOOD [0.25]
VERB_{t} -> DEED_{t} [0.57] | DEED_{t} PLACE [0.3] | want_{t} 'to' DEED_pl [0.13]
ACT -> DEED_pl [0.6] | DEED_pl PLACE [0.4]
DEED_{t} -> grab_{t} THING [0.42] | help_{t} PERSON [0.21] | like_{t} ANY [0.24]
    | talk_{t} 'about' ANY [0.06] | work_{t} [0.07]
PLACE -> near DET_sg place [1]
MOOD -> mood [0.5] | degree mood [0.35] | 'not' mood [0.09] | 'as' mood 'as' BRIEF_sg [0.06]
LOOKS_{n} -> BE_{n} TRAIT [1]
TRAIT -> VERDICT [0.28] | good [0.28] | degree good [0.24] | better 'than' THING [0.2]
VERDICT -> verdict [0.8] | 'absolutely' verdict [0.2]

# subjects, with at most one modifier; BRIEF ones have none
WHO_{n} -> PRONOUN_{n} [0.22] | PEOPLE_{n} [0.55] | PEOPLE_{n} FROM [0.1]
    | PEOPLE_{n} 'who' REL_{n} [0.13]
WHAT_{n} -> THINGS_{n} [0.75] | THINGS_{n} FROM [0.1] | THINGS_{n} 'that' BOUGHT [0.15]
BRIEF_{n} -> PRONOUN_{n} [0.4] | 'the' who_{n} [0.6]
FROM -> 'from' DET_sg place [1]
REL_{n} -> DEED_{n} [0.5] | GIVER HELPED [0.5]
BOUGHT -> GIVER grab_past [0.7] | GIVER like_past [0.3]
HELPED -> help_past [0.7] | like_past [0.3]
GIVER -> 'i' [0.4] | BRIEF_sg [0.35] | BRIEF_pl [0.25]

# noun phrases
THING -> 'it' [0.06] | THINGS_sg [0.5] | THINGS_pl [0.44]
PERSON -> HIM [0.3] | PEOPLE_sg [0.4] | PEOPLE_pl [0.3]
ANY -> THING [0.65] | PERSON [0.35]
THINGS_sg -> DET_sg what_sg [0.4] | DET_sg good what_sg [0.6]
THINGS_pl -> what_pl [0.16] | good what_pl [0.2] | DET_pl what_pl [0.26]
    | DET_pl good what_pl [0.38]
PEOPLE_sg -> DET_sg who_sg [0.6] | DET_sg nice who_sg [0.4]
PEOPLE_pl -> who_pl [0.15] | nice who_pl [0.15] | DET_pl who_pl [0.4] | DET_pl nice who_pl [0.3]
DET_sg -> 'the' [0.2] | 'a' [0.18] | 'my' [0.17] | 'this' [0.13] | 'your' [0.11] | 'his' [0.07]
    | 'every' [0.07] | 'our' [0.07]
DET_pl -> 'the' [0.21] | 'my' [0.17] | 'these' [0.15] | 'some' [0.14] | 'most' [0.11]
    | 'your' [0.12] | 'our' [0.1]
PRONOUN_sg -> 'he' [0.35] | 'she' [0.3] | 'everyone' [0.2] | 'nobody' [0.15]
PRONOUN_pl -> 'you' [0.4] | 'they' [0.35] | 'we' [0.25]
HIM -> 'me' [0.3] | 'you' [0.25] | 'him' [0.15] | 'her' [0.1] | 'us' [0.1] | 'them' [0.1]
BE_sg -> 'is' [1]
BE_pl -> 'are' [1]
DO_sg -> 'does' [1]
DO_pl -> 'do' [1]

# stories in the past tense
STORY -> TALE [0.4] | EVENT WHEN [0.3] | WHEN TALE [0.3]
TALE -> EVENT [0.35] | EVENT ',' 'and' 'then' SEQUEL [0.28] | EVENT 'after' SEQUEL [0.37]
WHEN -> 'yesterday' [0.3] | 'today' [0.1] | 'last' period_sg [0.35] | number period_pl 'ago' [0.25]
EVENT -> 'i' DID [0.22] | WHO_sg DID [0.27] | WHO_pl DID [0.18] | 'i' 'was' MOOD [0.04]
    | WHO_sg 'was' MOOD [0.05] | WHO_pl 'were' MOOD [0.03] | WHAT_sg 'was' TRAIT [0.06]
    | WHAT_pl 'were' TRAIT [0.05] | SELF_past [0.03] | WHO_sg think_past 'that' SEQUEL [0.07]
DID -> VERB_past [0.88] | 'did' 'not' DEED_pl [0.12]
SELF_past -> 'i' blame_past 'myself' [0.4] | 'he' blame_past 'himself' [0.2]
    | 'she' blame_past 'herself' [0.2] | 'they' blame_past 'themselves' [0.2]
SEQUEL -> 'i' VERB_past [0.4] | BRIEF_sg VERB_past [0.35] | BRIEF_pl VERB_past [0.25]

# advice
ADVICE -> ORDER [0.8] | 'if' CLAUSE ',' 'then' ORDER [0.2]
ORDER -> urge ACT [0.35] | 'do' 'not' ACT [0.15] | 'you' modal ACT [0.38]
    | 'you' modal 'either' DEED_pl 'or' DEED_pl [0.05] | 'either' DEED_pl 'or' DEED_pl [0.07]

# questions
QUESTION -> 'why' ASK [0.4] | ASK [0.25] | 'who' VERB_past [0.12] | 'which' what_sg WHICH [0.07]
    | 'which' what_pl WHICH [0.06] | 'how' modal 'i' ACT [0.1]
ASK -> DO_sg WHO_sg ACT [0.26] | DO_pl WHO_pl ACT [0.24] | 'did' WHO_sg ACT [0.1]
    | BE_sg WHO_sg MOOD [0.08] | BE_pl WHO_pl MOOD [0.08] | BE_sg WHAT_sg TRAIT [0.13]
    | BE_pl WHAT_pl TRAIT [0.11]
WHICH -> modal 'i' grab_pl [0.55] | 'do' BRIEF_pl grab_pl [0.25] | 'does' BRIEF_sg grab_pl [0.2]
"""


def structural_rules() -> Iterator[str]:
    """The lines of `RULES`, with every combination of values in place of the placeholders."""
    for line in RULES.replace("\n    |", " |").splitlines():
        used = [placeholder for placeholder in PLACEHOLDERS if placeholder in line]
        for values in itertools.product(*(PLACEHOLDERS[placeholder] for placeholder in used)):
            expanded = line
            for placeholder, value in zip(used, values, strict=True):
                expanded = expanded.replace(placeholder, value)
            yield expanded
