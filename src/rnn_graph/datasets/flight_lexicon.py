"""What flight queries name, class by class, and the rules of the sentences that name it.

Many words belong to several classes, or to a class and to the plain words of the rules:
"washington" is a city and a state, "first" an order, a day and the start of "first class".
"""

import re

# Times on either side of noon, so that a range from one to the other has its ends in order.
EARLY = [f"{hour} am" for hour in range(6, 12)] + [f"{hour} 30 am" for hour in range(6, 12)]
LATE = [f"{hour} pm" for hour in range(1, 11)] + [f"{hour} 30 pm" for hour in range(1, 11)]
O_CLOCK = [f"{hour} o'clock" for hour in range(1, 13)]

# Commas separate the values of a class, blanks the words of one value.
CLASSES = {
    name: [tuple(value.split()) for value in values.split(",")]
    for name, values in {
        "CITY": "atlanta, austin, baltimore, boston, charlotte, chicago, cincinnati, cleveland, "
        "dallas, denver, detroit, honolulu, houston, indianapolis, kansas city, las vegas, "
        "long beach, los angeles, memphis, miami, milwaukee, minneapolis, montreal, nashville, "
        "new orleans, new york, newark, oakland, oklahoma city, omaha, orlando, philadelphia, "
        "phoenix, pittsburgh, salt lake city, san antonio, san diego, san francisco, san jose, "
        "seattle, saint louis, tampa, toronto, vancouver, washington",
        "AIRPORT": "boston airport, denver airport, dulles, kennedy airport, la guardia, "
        "logan airport, love field, midway, newark airport, reagan national, "
        "san francisco airport",
        "AIRLINE": "air canada, alaska airlines, american, american airlines, delta, frontier, "
        "hawaiian airlines, jetblue, lufthansa, midwest express, southwest, spirit, united, "
        "united airlines, us airways",
        "AIRCRAFT": "737, 747, 767, airbus, airbus 320, boeing 737, boeing 757, boeing 777, "
        "dc 10, md 80, turboprop",
        "CLASS": "business class, coach, economy, economy class, first class, premium economy",
        "TRIP": "one way, round trip",
        "CONNECT": "direct, nonstop",
        "CHEAP": "best, cheapest, least expensive, lowest",
        "EARLIEST": "cheapest, earliest, fastest, first, last, latest, least expensive, next",
        "WEEKDAY": "monday, tuesday, wednesday, thursday, friday, saturday, sunday",
        "MONTH": "january, february, march, april, may, june, july, august, september, october, "
        "november, december",
        "ORDINAL": "first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth, "
        "eleventh, twelfth, fifteenth, twentieth, twenty first, twenty second, twenty third, "
        "twenty fourth, twenty fifth, twenty sixth, twenty seventh, twenty eighth",
        "DAY_NUMBER": ",".join(map(str, range(1, 29))),  # every month has them
        "SOON": "today, tomorrow, next week, next month, this weekend, the day after tomorrow",
        "PERIOD": "morning, afternoon, evening",
        "EARLY": ",".join(EARLY),
        "LATE": ",".join(LATE),
        "TIME": ",".join(EARLY + LATE + O_CLOCK) + ", noon",
        "BEFORE": "after, around, before, no later than, shortly after",
        "UNDER": "around, at most, less than, no more than, under",
        "AMOUNT": ",".join(map(str, range(150, 1000, 50))),
        "DOLLARS": ",".join(f"{amount} dollars" for amount in range(150, 1000, 50)),
        "FLIGHT_NUMBER": ",".join(map(str, range(107, 1000, 31))),
        "COUNT": "two, three, four, five, 2, 3, 4",
        "MEAL": "breakfast, lunch, dinner, a hot meal, a snack",
        "OFTEN": "daily, every day, every weekday, on weekends, seven days a week, twice a day",
        "TRANSPORT": "airport shuttle, bus, limousine, rental car, shuttle bus, taxi, train",
        "CODE": "as, b, dl, ewr, f, jfk, lax, ord, q, sfo, ua, y",
    }.items()
}

# One symbol a line, with its alternatives and their weights in brackets, 1 where none is given.
# {slot CLASS} is a value from that class of the lexicon, {slot some words} is these words. What
# has a question mark is left out half of the time. A line that starts with several symbols is
# meant for each of them, with @ for what follows its underscore.
#
# A day or a time belongs to the verb or the noun next to it: it is an arrival after "arrive",
# "get to" and "be in", a return after "come back", otherwise a departure. So nothing that has a
# day or a time of departure may follow an arrival, unless it says "leave".
RULES = """
QUERY -> ASK [7] | GREETING ASK [2] | ASK THANKS [1] | TELEGRAM [1]
GREETING -> hello | hi | good morning | good afternoon | good evening | okay | yes
THANKS -> thanks | thank you
ASK -> SEARCH [22] | WHICH_ONES [14] | PLAN [14] | STORY [12] | BOOKING [10] | FARES [10]
    | STATUS [7] | GROUND [6] | AIRLINES [4] | PLANES [4] | MEALS [3] | CODES [4]
TELEGRAM -> {from_city CITY} to {to_city CITY} DAY_depart? please?
    | {mod EARLIEST} flight to GOAL please | {round_trip TRIP} ROUTE

# looking for flights
SEARCH -> SHOW the? FLIGHTS TAIL? [5] | SEEK FLIGHTS TAIL? [5]
    | SHOW the {mod EARLIEST} FLIGHT TAIL? [3]
    | SHOW {round_trip round trip}? flights LEG DAY_depart returning WHEN_return [3]
    | SHOW the flights LEG CLOCK_depart and tell me which one is {mod cheapest}
    | SHOW the SPAN flights ROUTE LIMIT? [2] | i need a KIND? flight LEG with NOMINAL [3]
    | i WANT to take the {depart_time TIME} flight LEG
SHOW -> show me | list | find me | give me | i would like to see | may i see | please list
    | could you show me | can you find me | please show me
SEEK -> are there any | do you have any | i am looking for | i need | tell me about | what are the
FLIGHTS -> flights ROUTE | KIND flights LEG
FLIGHT -> flight ROUTE | KIND flight LEG
KIND -> {connect CONNECT} [3] | {airline AIRLINE} [3] | {stops one} stop [2] | {flight_days daily}
    | {round_trip TRIP}
SPAN -> {depart_period PERIOD} | {depart_weekday WEEKDAY} {depart_period PERIOD}?
TAIL -> WHEN_depart [5] | leaving WHEN_depart [3] | arriving WHEN_arrive [3] | LIMIT [5]
    | WHEN_depart LIMIT [3] | leaving CLOCK_depart and arriving CLOCK_arrive [2]
LIMIT -> for {fare_relation UNDER} {fare_amount DOLLARS} [2] | on a {aircraft AIRCRAFT} | PARTY [2]
    | costing {fare_relation UNDER} {fare_amount AMOUNT} | serving {meal MEAL} | in {class CLASS}
PARTY -> for {passengers one} GUEST | for {passengers COUNT} GUESTS [3]
GUEST -> adult | person
GUESTS -> adults | people | children

WHICH_ONES -> WHAT flights leave ORIGIN for GOAL WHEN_depart [2]
    | which flights leave ORIGIN WHEN_depart and stop in {stop_city CITY}
    | WHAT flights from ORIGIN arrive IN_GOAL WHEN_arrive [2]
    | WHAT flights to GOAL leave ORIGIN WHEN_depart [2]
    | WHAT flights GET_TO GOAL from ORIGIN WHEN_arrive [2]
    | WHAT flights leave ORIGIN CLOCK_depart and GET_TO GOAL CLOCK_arrive
    | which flights ROUTE run {flight_days OFTEN} | what is the {mod EARLIEST} FLIGHT WHEN_depart?
    | is there a FLIGHT that leaves WHEN_depart | is there a FLIGHT that arrives WHEN_arrive
    | when does the {mod EARLIEST} flight leave ORIGIN for GOAL DAY_depart?
WHAT -> what | which | what KIND | which KIND
GET_TO -> get to | get into | reach

# where from, where to, by way of what
ROUTE -> LEG [6] | from ORIGIN VIA {stop_city CITY} to GOAL
    | from ORIGIN to GOAL VIA {stop_city CITY}
    | from ORIGIN to GOAL with a stop in {stop_city CITY}
    | from ORIGIN to GOAL with {stops one} stop in {stop_city CITY}
LEG -> from ORIGIN to GOAL [6] | to GOAL from ORIGIN [4] | between ORIGIN and GOAL
VIA -> via | through | by way of
ORIGIN -> {from_city CITY} [8] | STATED_from [1] | {from_airport AIRPORT} [1]
GOAL -> {to_city CITY} [8] | STATED_to [1] | {to_airport AIRPORT} [1]
IN_GOAL -> in {to_city CITY} [8] | in STATED_to [1] | at {to_airport AIRPORT} [1]
STATED_from, STATED_to -> {@_city portland} {@_state oregon} | {@_city portland} {@_state maine}
    | {@_city columbus} {@_state ohio} | {@_city buffalo} {@_state new york}
    | {@_city spokane} {@_state washington} | {@_city juneau} {@_state alaska}
    | {@_city charleston} {@_state south carolina} | {@_city wichita} {@_state kansas}
    | {@_city albuquerque} {@_state new mexico} | {@_city tulsa} {@_state oklahoma}

# when
WHEN_depart, WHEN_arrive -> DAY_@ [4] | CLOCK_@ [4] | DAY_@ CLOCK_@ [2] | CLOCK_@ DAY_@ [1]
    | on {@_weekday WEEKDAY} {@_period PERIOD} [2]
WHEN_depart -> between {depart_start EARLY} and {depart_end LATE} [2] | {depart_date SOON} [2]
    | {depart_date tomorrow} {depart_period PERIOD} | {depart_date tomorrow} CLOCK_depart
DAY_depart, DAY_return -> on {@_weekday WEEKDAY} [3] | on {@_month MONTH} {@_day ORDINAL} [2]
    | on the {@_day ORDINAL} of {@_month MONTH} | on {@_month MONTH} {@_day DAY_NUMBER}
DAY_arrive -> on {arrive_weekday WEEKDAY}
CLOCK_depart, CLOCK_arrive -> {@_time_relation BEFORE} {@_time TIME} [4] | at {@_time TIME} [2]
    | in the {@_period PERIOD} [2] | in the {@_period early morning}
    | in the {@_period late evening}
NOMINAL -> NOMINAL_depart | NOMINAL_arrive | NOMINAL_return
NOMINAL_depart, NOMINAL_arrive, NOMINAL_return -> a {@_weekday WEEKDAY} NOUN_@
    | a {@_weekday WEEKDAY} {@_period PERIOD} NOUN_@ | a {@_period PERIOD} NOUN_@
NOMINAL_depart, NOMINAL_arrive -> a {@_time TIME} NOUN_@ [3]
NOUN_depart -> departure
NOUN_arrive -> arrival
NOUN_return -> return

# plans
PLAN -> i WANT to fly ROUTE WHEN_depart [2]
    | i WANT to fly ROUTE DAY_depart and BACK WHEN_return [4]
    | i WANT to leave ORIGIN WHEN_depart and GET_TO GOAL CLOCK_arrive [2]
    | i WANT to leave for GOAL WHEN_depart from ORIGIN
    | i have to be IN_GOAL WHEN_arrive and can leave ORIGIN CLOCK_depart
    | i need NOMINAL_depart from ORIGIN and NOMINAL_arrive IN_GOAL
    | i have to GET_TO GOAL from ORIGIN WHEN_arrive [2]
WANT -> want | need | would like | am planning | have
BACK -> come back | return | fly home
WHEN_return -> DAY_return [2] | on {return_weekday WEEKDAY} {return_period PERIOD}
    | in the {return_period PERIOD} DAY_return

# what comes first is told by what comes later
STORY -> WHEN_depart i WANT to leave ORIGIN for GOAL | WHEN_depart i WANT to fly ROUTE
    | WHEN_arrive i have to be IN_GOAL so SHOW flights from ORIGIN [2]
    | WHEN_return i have to be back from {to_city CITY} so SHOW flights from ORIGIN
    | {to_city CITY} is where i WANT to go and {from_city CITY} is where i start
    | {from_city CITY} is where i start and {to_city CITY} is where i WANT to go
    | from ORIGIN i WANT to fly to GOAL WHEN_depart?
    | to GOAL i WANT to fly from ORIGIN WHEN_depart?
    | i am in {from_city CITY} and WANT to get to GOAL WHEN_arrive
    | my RELATIVE lives in {to_city CITY} and i WANT to visit her from ORIGIN DAY_depart?
    | my RELATIVE lives in {from_city CITY} and wants to visit me in {to_city CITY} DAY_depart?
RELATIVE -> aunt | boss | daughter | friend | mother | sister

# tickets and fares
BOOKING -> BOOK a {round_trip TRIP} ticket ROUTE WHEN_depart? [2]
    | BOOK a {class CLASS} seat ROUTE WHEN_depart? PARTY?
    | BOOK {passengers one} {class CLASS}? ticket ROUTE WHEN_depart?
    | BOOK {passengers COUNT} {class CLASS} seats ROUTE WHEN_depart?
    | BOOK {passengers COUNT} {round_trip round trip} tickets LEG DAY_depart returning WHEN_return
    | BOOK {passengers COUNT} {round_trip TRIP} tickets ROUTE WHEN_depart?
    | BOOK a {round_trip round trip} ROUTE with NOMINAL_depart and NOMINAL_return
    | BOOK a seat on {airline AIRLINE} flight? {flight_number FLIGHT_NUMBER} to GOAL WHEN_depart
BOOK -> book me | i want to book | i would like to buy | please reserve | can you get me
FARES -> what is the {mod CHEAP} {round_trip TRIP}? fare ROUTE WHEN_depart? [3]
    | how much is a {round_trip TRIP} ticket ROUTE WHEN_depart? [2]
    | how much does {airline AIRLINE} charge for {class CLASS} ROUTE
    | how much does flight {flight_number FLIGHT_NUMBER} cost in {class CLASS}
    | SHOW {class CLASS} fares ROUTE WHEN_depart?
    | SEEK fares of {fare_relation UNDER} {fare_amount AMOUNT} ROUTE WHEN_depart? [2]
    | what is the {mod CHEAP} fare on the {from_city CITY} {to_city CITY} route
    | i can pay {fare_relation UNDER} {fare_amount DOLLARS} for a ticket ROUTE

# flights by number, and what the airlines do
STATUS -> when does SERVICE leave ORIGIN DAY_depart? | when does SERVICE GET_TO GOAL DAY_arrive?
    | does SERVICE stop in {stop_city CITY} | is SERVICE a {connect CONNECT} flight
    | how many stops does SERVICE make between ORIGIN and GOAL
    | does SERVICE from ORIGIN arrive IN_GOAL CLOCK_arrive | does SERVICE run {flight_days OFTEN}
SERVICE -> {airline AIRLINE} flight {flight_number FLIGHT_NUMBER}
    | {airline AIRLINE} {flight_number FLIGHT_NUMBER} | flight {flight_number FLIGHT_NUMBER}
AIRLINES -> which airlines fly ROUTE WHEN_depart?
    | does {airline AIRLINE} fly ROUTE {flight_days OFTEN}
    | does {airline AIRLINE} have {connect CONNECT} flights LEG | which airlines serve {city CITY}
    | does {airline AIRLINE} have an office in {city CITY}
PLANES -> what kind of plane is SERVICE | which planes does {airline AIRLINE} use ROUTE
    | how many seats does a {aircraft AIRCRAFT} have | is SERVICE a {aircraft AIRCRAFT}
    | does {airline AIRLINE} fly a {aircraft AIRCRAFT} ROUTE
MEALS -> is {meal MEAL} served on SERVICE | do i get {meal MEAL} in {class CLASS} on SERVICE
    | which flights ROUTE serve {meal MEAL}
    | is there {meal MEAL} on the {depart_time TIME} flight to GOAL
GROUND -> what ground transportation is there in {city CITY}
    | how much is a {transport TRANSPORT} from {from_airport AIRPORT} to downtown
    | how do i get from DOWNTOWN
    | can i take a {transport TRANSPORT} to {to_airport AIRPORT}
    | is there a {transport TRANSPORT} from {from_airport AIRPORT} in the {depart_period PERIOD}
    | i need a {transport TRANSPORT} in {city CITY} | how far is it from DOWNTOWN
DOWNTOWN -> {from_airport love field} to downtown {city dallas}
    | {from_airport logan airport} to downtown {city boston}
    | {from_airport midway} to downtown {city chicago}
    | {from_airport dulles} to downtown {city washington}
    | {from_airport la guardia} to downtown {city new york}
CODES -> what does {code CODE} stand for | what does the code {code CODE} mean
    | what is fare code {code CODE} | explain the abbreviation {code CODE}
"""


def indefinite_article(following: str) -> str:
    """Choose between "a" and "an" by the sound with which the following word starts.

    Examples
    --------
    >>> [indefinite_article(word) for word in ("delta", "evening", "united", "one", "8", "md")]
    ['a', 'an', 'a', 'a', 'an', 'an']
    """
    return "an" if re.match(r"(?!one)[aeio]|8|11$|md$", following) else "a"
