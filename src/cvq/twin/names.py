"""
What people are called, by how often: nobody of the twin is a real person.

Weights are rounded from what is commonly published of French first names by generation and of
surnames of the Deux-Sèvres; they only have to look right.
"""

from datetime import date
from random import Random

YOUNG_SINCE = date(2005, 1, 1)
OLD_UNTIL = date(1965, 1, 1)


def _weighted(text: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Read « Léa 9 Emma 8 »: names, each followed by its weight."""
    words = text.split()
    return tuple(words[::2]), tuple(int(weight) for weight in words[1::2])


SURNAMES = _weighted(
    "Martin 24 Bernard 14 Moreau 18 Girard 9 Rousseau 9 Guérin 8 Baudouin 6 Bonnet 7 Boutin 7 "
    "Morin 10 Gaillard 7 Pineau 8 Texier 8 Naud 6 Bernardeau 4 Bodin 6 Brossard 7 Chauvin 5 "
    "Clochard 3 Coutant 7 Fazilleau 3 Gatard 3 Geffard 4 Gauthier 6 Guilbot 4 Guitton 5 Hérault 5 "
    "Jolly 5 Largeau 4 Lucas 5 Marolleau 5 Métayer 4 Migault 3 Niveau 3 Noirault 3 Ogeron 2 "
    "Paillat 3 Pelletier 5 Petit 12 Piet 3 Poupard 4 Proust 5 Renaud 6 Richard 8 Robin 8 Rivault 3 "
    "Roy 7 Sauvaget 3 Simonnet 4 Thomas 9 Turpault 3 Vincent 6 Dubois 9 Durand 9 Leroy 8 Simon 8 "
    "Laurent 8 Michel 7 Garnier 7 Faure 5 Da-Silva 4 Ferreira 4 Benali 3 Diallo 2 Nguyen 2 Haddad 2"
)
GIRLS = _weighted(
    "Louise 9 Jade 9 Emma 9 Alice 8 Ambre 7 Rose 6 Lina 6 Chloé 7 Léa 6 Mila 6 Manon 5 Inès 5 "
    "Anna 6 Julia 5 Agathe 5 Zoé 5 Lou 5 Juliette 5 Camille 5 Éva 4 Romane 4 Charlie 3 Sofia 3 "
    "Margaux 3 Élise 3 Capucine 2 Célestine 1 Aya 2"
)
BOYS = _weighted(
    "Gabriel 10 Léo 9 Raphaël 9 Louis 8 Jules 8 Adam 7 Arthur 7 Maël 7 Lucas 7 Hugo 6 Noah 6 "
    "Liam 6 Sacha 5 Paul 5 Nathan 5 Tom 5 Eden 4 Ethan 4 Timéo 4 Théo 5 Martin 3 Marius 4 "
    "Gaspard 3 Malo 3 Augustin 2 Côme 1 Ibrahim 2"
)
WOMEN = _weighted(
    "Céline 8 Aurélie 9 Émilie 8 Stéphanie 8 Julie 8 Virginie 7 Laetitia 6 Élodie 7 Sandrine 7 "
    "Laura 6 Marine 6 Delphine 5 Audrey 6 Karine 5 Sophie 6 Mélanie 5 Pauline 5 Amandine 5 "
    "Christelle 5 Anne 4 Claire 4 Hélène 3 Fatima 2 Nadia 2"
)
MEN = _weighted(
    "Nicolas 9 Julien 9 Sébastien 8 Guillaume 7 Alexandre 7 Thomas 8 Frédéric 7 David 7 Jérôme 6 "
    "Mickaël 6 Romain 6 Cédric 5 Vincent 6 Anthony 6 Ludovic 5 Christophe 7 Benoît 4 Fabien 5 "
    "Mathieu 5 Kévin 5 Stéphane 6 Olivier 5 Karim 2 Joao 2"
)
OLD_WOMEN = _weighted(
    "Monique 9 Françoise 9 Jacqueline 8 Nicole 8 Danielle 6 Martine 8 Christiane 7 Annie 6 "
    "Marie-Thérèse 6 Jeannine 5 Michelle 6 Chantal 6 Yvette 4 Simone 4 Colette 4 Bernadette 5 "
    "Ginette 3 Odette 3"
)
OLD_MEN = _weighted(
    "Michel 10 Jean 8 André 6 Gérard 8 Bernard 8 Daniel 7 Jacques 7 Alain 7 Claude 7 Jean-Pierre 6 "
    "Guy 5 Roger 4 Serge 4 Christian 6 Raymond 3 Yves 4 Robert 4 Marcel 2"
)
TRADES = (
    "Maçonnerie",
    "Paysages",
    "Menuiserie",
    "Couverture",
    "Plomberie",
    "Peinture",
    "Élagage",
    "Rénovation",
    "Électricité",
)
STREETS = (
    "rue de la Vau-Saint-Jacques",
    "avenue du Général-de-Gaulle",
    "rue des Tilleuls",
    "chemin du Bocage",
    "rue du Stade",
    "impasse des Genêts",
    "route de Poitiers",
    "place de l'Église",
    "rue des Écoles",
    "le Bourg",
    "la Grande-Métairie",
)


def surname(rng: Random) -> str:
    """Draw a surname."""
    return rng.choices(*SURNAMES)[0].replace("Da-Silva", "Da Silva")


def first_name(rng: Random, born_on: date, *, female: bool) -> str:
    """Draw a first name of a generation."""
    if born_on >= YOUNG_SINCE:
        names = GIRLS if female else BOYS
    elif born_on < OLD_UNTIL:
        names = OLD_WOMEN if female else OLD_MEN
    else:
        names = WOMEN if female else MEN
    return rng.choices(*names)[0]


def firm(rng: Random) -> str:
    """Draw the name of a company."""
    return f"{surname(rng)} {rng.choice(TRADES)}"


def address(rng: Random) -> str:
    """Draw an address."""
    return f"{rng.randint(1, 98)} {rng.choice(STREETS)}"
