"""The rules of the comment grammar above its lexicon.

Three habits keep it unambiguous. A noun takes a modifier only in front of the verb, and at most
one; a place closes a verb phrase and a time closes a whole past-tense event; and every word of
the lexicon belongs to one class. No symbol reaches itself again, so that the language is finite
and sentences have a longest length.
"""

import itertools
from collections.abc import Iterator

from rnn_graph.datasets.lexicon import NUMBERS, TENSES

# One rule set a line, with probabilities in brackets. A line stands for as many as its
# placeholders have values: {n} a number, {t} a tense or the base form, {x} a kind of thing,
# {k} a kind of thing or person. Lower-case symbols are classes of the lexicon.
PLACEHOLDERS = {
    "{n}": NUMBERS,
    "{t}": TENSES,
    "{x}": ("gear", "food", "show"),
    "{k}": ("who", "gear", "food", "show"),
}

RULES = """
# sentences
S -> BODY STOP [0.6] | opener ',' BODY STOP [0.1] | QUESTION '?' [0.21]
    | opener ',' QUESTION '?' [0.03] | CLAUSE ',' 'right' '?' [0.02] | CHEER '!' [0.04]
STOP -> '.' [0.8] | '!' [0.2]
BODY -> CLAUSE [0.18] | OPINION [0.13] | PAIR [0.21] | STORY [0.31] | ADVICE [0.17]
CHEER -> 'what' 'a' FIT_gear gear_sg [0.2] | 'what' 'a' FIT_food food_sg [0.15]
    | 'what' 'a' FIT_show show_sg [0.3] | 'thanks' 'for' 'the' GOODS [0.35]
GOODS -> gear_sg [0.3] | food_pl [0.3] | show_sg [0.4]

# statements in the present tense
OPINION -> 'i' think_pl 'that' CLAUSE [0.40] | 'i' 'do' 'not' think_pl 'that' CLAUSE [0.15]
    | WHO_sg think_sg 'that' CLAUSE [0.2] | WHO_pl think_pl 'that' CLAUSE [0.15]
    | 'i' 'am' 'so' mood 'that' CLAUSE [0.1]
PAIR -> CLAUSE ',' 'but' CLAUSE [0.35] | CLAUSE link CLAUSE [0.45]
    | 'if' CLAUSE ',' 'then' CLAUSE [0.2]
CLAUSE -> 'i' DOES_i [0.11] | WHO_sg DOES_sg [0.21] | WHO_pl DOES_pl [0.2] | ABOUT_gear [0.15]
    | ABOUT_food [0.11] | ABOUT_show [0.13] | SELF [0.03]
    | 'neither' BRIEF_sg 'nor' BRIEF_sg VERB_sg [0.03] | 'it' 'is' VERDICT [0.03]
ABOUT_{x} -> TOPIC_{x}_sg IS_{x}_sg [0.55] | TOPIC_{x}_pl IS_{x}_pl [0.45]
SELF -> 'i' blame_pl 'myself' [0.3] | 'you' blame_pl 'yourself' [0.1]
    | 'he' blame_sg 'himself' [0.2] | 'she' blame_sg 'herself' [0.2]
    | 'they' blame_pl 'themselves' [0.2]

# what people do and are
DOES_i -> VERB_pl [0.60] | often VERB_pl [0.12] | 'do' 'not' ACT [0.13] | 'am' MOOD [0.15]
DOES_{n} -> VERB_{n} [0.55] | often VERB_{n} [0.12] | DO_{n} 'not' ACT [0.08] | BE_{n} MOOD [0.25]
VERB_{t} -> DEED_{t} [0.58] | DEED_{t} PLACE [0.24] | want_{t} 'to' ACT [0.18]
ACT -> DEED_pl [0.75] | DEED_pl PLACE [0.25]
DEED_{t} -> take_gear_{t} OBJECT_gear [0.2] | take_food_{t} OBJECT_food [0.12]
    | take_show_{t} OBJECT_show [0.13] | take_who_{t} OBJECT_who [0.17] | like_{t} ANY [0.18]
    | talk_{t} 'about' ANY [0.1] | work_{t} [0.1]
PLACE -> near DET_sg place [1]
MOOD -> mood [0.52] | degree mood [0.3] | 'not' mood [0.1] | 'as' mood 'as' BRIEF_sg [0.04]
    | 'as' mood 'as' BRIEF_pl [0.04]

# what things do and are
IS_gear_{n} -> LOOK_gear_{n} [0.6] | run_{n} [0.28] | often run_{n} [0.12]
IS_food_{n} -> LOOK_food_{n} [1]
IS_show_{n} -> LOOK_show_{n} [1]
LOOK_{x}_{n} -> BE_{n} TRAIT_{x} [0.8] | seem_{n} TRAIT_{x} [0.2]
TRAIT_{x} -> VERDICT [0.28] | fit_{x} [0.28] | degree fit_{x} [0.22]
    | better 'than' NAME_{x}_sg [0.11] | better 'than' NAME_{x}_pl [0.11]
VERDICT -> verdict [0.75] | 'absolutely' verdict [0.25]

# subjects, with at most one modifier; BRIEF ones have none
WHO_sg -> PRONOUN_sg [0.2] | NAME_who_sg [0.55] | NAME_who_sg FROM [0.1]
    | NAME_who_sg 'who' REL_sg [0.15]
WHO_pl -> PRONOUN_pl [0.2] | NAME_who_pl [0.55] | NAME_who_pl FROM [0.1]
    | NAME_who_pl 'who' REL_pl [0.15]
BRIEF_{n} -> PRONOUN_{n} [0.4] | 'the' who_{n} [0.6]
TOPIC_{x}_{n} -> NAME_{x}_{n} [0.70] | NAME_{x}_{n} FROM [0.1] | NAME_{x}_{n} 'that' GAP_{x} [0.2]
FROM -> 'from' DET_sg place [0.7] | 'with' DET_sg gear_sg [0.15] | 'with' DET_pl gear_pl [0.15]
REL_{n} -> DEED_{n} [0.4] | DEED_past [0.15] | GAP_who [0.45]
GAP_{k} -> 'i' HANDLE_{k}_pl [0.25] | BRIEF_sg HANDLE_{k}_sg [0.2] | BRIEF_pl HANDLE_{k}_pl [0.2]
    | 'i' HANDLE_{k}_past [0.1] | BRIEF_sg HANDLE_{k}_past [0.15] | BRIEF_pl HANDLE_{k}_past [0.1]
HANDLE_{k}_{t} -> take_{k}_{t} [0.7] | like_{t} [0.3]

# noun phrases
OBJECT_who -> PERSON [0.3] | NAME_who_sg [0.4] | NAME_who_pl [0.3]
OBJECT_{x} -> 'it' [0.06] | NAME_{x}_sg [0.5] | NAME_{x}_pl [0.44]
ANY -> 'it' [0.06] | PERSON [0.14] | NAME_who_sg [0.1] | NAME_who_pl [0.1] | NAME_gear_sg [0.1]
    | NAME_gear_pl [0.1] | NAME_food_sg [0.1] | NAME_food_pl [0.1] | NAME_show_sg [0.1]
    | NAME_show_pl [0.1]
NAME_{k}_sg -> DET_sg {k}_sg [0.48] | DET_sg FIT_{k} {k}_sg [0.52]
NAME_{k}_pl -> {k}_pl [0.18] | FIT_{k} {k}_pl [0.17] | DET_pl {k}_pl [0.3]
    | DET_pl FIT_{k} {k}_pl [0.35]
FIT_who -> fit_who [1]
FIT_{x} -> good [0.5] | fit_{x} [0.5]
DET_sg -> 'the' [0.2] | 'a' [0.18] | 'my' [0.18] | 'this' [0.14] | 'your' [0.1] | 'his' [0.08]
    | 'every' [0.06] | 'our' [0.06]
DET_pl -> 'the' [0.22] | 'my' [0.17] | 'these' [0.16] | 'some' [0.14] | 'most' [0.11]
    | 'your' [0.1] | 'our' [0.1]
PRONOUN_sg -> 'he' [0.35] | 'she' [0.3] | 'everyone' [0.2] | 'nobody' [0.15]
PRONOUN_pl -> 'you' [0.4] | 'they' [0.35] | 'we' [0.25]
PERSON -> 'me' [0.3] | 'you' [0.25] | 'him' [0.15] | 'her' [0.1] | 'us' [0.1] | 'them' [0.1]
BE_sg -> 'is' [1]
BE_pl -> 'are' [1]
DO_sg -> 'does' [1]
DO_pl -> 'do' [1]

# stories in the past tense
STORY -> TALE [0.4] | EVENT WHEN [0.3] | WHEN ',' TALE [0.3]
TALE -> EVENT [0.5] | EVENT ',' 'and' 'then' EVENT [0.2] | EVENT 'after' EVENT [0.3]
WHEN -> 'yesterday' [0.3] | 'today' [0.1] | 'last' period_sg [0.35] | number period_pl 'ago' [0.25]
EVENT -> 'i' DID [0.20] | WHO_sg DID [0.27] | WHO_pl DID [0.16] | 'i' 'was' MOOD [0.04]
    | WHO_sg 'was' MOOD [0.04] | WHO_pl 'were' MOOD [0.03] | SELF_past [0.03] | WAS_gear [0.07]
    | WAS_food [0.04] | WAS_show [0.05] | WHO_sg think_past 'that' OUTCOME [0.07]
SELF_past -> 'i' blame_past 'myself' [0.4] | 'he' blame_past 'himself' [0.2]
    | 'she' blame_past 'herself' [0.2] | 'they' blame_past 'themselves' [0.2]
WAS_gear -> NAME_gear_sg run_past [0.4] | NAME_gear_pl run_past [0.3] | LOOKED_gear [0.3]
WAS_food -> LOOKED_food [1]
WAS_show -> LOOKED_show [1]
LOOKED_{x} -> NAME_{x}_sg 'was' TRAIT_{x} [0.4] | NAME_{x}_pl 'were' TRAIT_{x} [0.3]
    | NAME_{x}_sg seem_past TRAIT_{x} [0.15] | NAME_{x}_pl seem_past TRAIT_{x} [0.15]
DID -> VERB_past [0.88] | 'did' 'not' ACT [0.12]
OUTCOME -> 'i' VERB_past [0.35] | BRIEF_sg VERB_past [0.35] | BRIEF_pl VERB_past [0.3]

# advice
ADVICE -> ORDER [0.75] | 'if' CLAUSE ',' 'then' ORDER [0.25]
ORDER -> urge ACT [0.25] | 'do' 'not' ACT [0.15] | 'you' modal CHOICE [0.4]
    | NAME_who_pl modal ACT [0.1] | 'either' ACT 'or' ACT [0.1]
CHOICE -> ACT [0.85] | 'either' ACT 'or' ACT [0.15]

# questions
QUESTION -> 'why' ASK [0.35] | ASK [0.25] | 'who' VERB_past [0.1] | 'has' 'anyone' DEED_past [0.08]
    | 'which' WHICH [0.12] | 'how' modal 'i' ACT [0.1]
ASK -> DO_sg WHO_sg ACT [0.24] | DO_pl WHO_pl ACT [0.24] | 'did' WHO_sg ACT [0.1]
    | BE_sg WHO_sg MOOD [0.08] | BE_pl WHO_pl MOOD [0.08] | BE_sg TOPIC_gear_sg TRAIT_gear [0.04]
    | BE_pl TOPIC_gear_pl TRAIT_gear [0.04] | BE_sg TOPIC_food_sg TRAIT_food [0.04]
    | BE_pl TOPIC_food_pl TRAIT_food [0.04] | BE_sg TOPIC_show_sg TRAIT_show [0.05]
    | BE_pl TOPIC_show_pl TRAIT_show [0.05]
WHICH -> gear_sg ASK_gear [0.2] | gear_pl ASK_gear [0.2] | food_sg ASK_food [0.1]
    | food_pl ASK_food [0.1] | show_sg ASK_show [0.2] | show_pl ASK_show [0.2]
ASK_{x} -> modal 'i' HANDLE_{x}_pl [0.5] | 'do' BRIEF_pl HANDLE_{x}_pl [0.3]
    | 'does' BRIEF_sg HANDLE_{x}_pl [0.2]
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
