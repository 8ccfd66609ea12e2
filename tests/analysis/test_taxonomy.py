"""The tables of labels. The classes' own names are those of the networks' files."""

import re
from pathlib import Path

import pytest

from regard.analysis import taxonomy as module
from regard.analysis.taxonomy import CATEGORIES, ClassRow, LabelKind, Taxonomy, load_taxonomy
from regard.analysis.taxonomy_page import labels_page

TAXONOMY = load_taxonomy()
KINDS = list(TAXONOMY.labels.values())

# Words that would guess who somebody is: sex, age, origin, faith, feeling, or a trade by sex.
FORBIDDEN = {
    "man",
    "men",
    "woman",
    "women",
    "boy",
    "girl",
    "male",
    "female",
    "lady",
    "gentleman",
    "bride",
    "groom",
    "bridegroom",
    "husband",
    "wife",
    "mother",
    "father",
    "mom",
    "dad",
    "child",
    "children",
    "kid",
    "baby",
    "infant",
    "toddler",
    "teen",
    "teenager",
    "adult",
    "senior",
    "elderly",
    "old",
    "young",
    "youth",
    "caucasian",
    "hispanic",
    "muslim",
    "christian",
    "jew",
    "jewish",
    "happy",
    "sad",
    "angry",
    "smile",
    "emotion",
    "nurse",
    "maid",
    "waitress",
    "actress",
    "policeman",
    "fireman",
    "worker",
    "nun",
    "monk",
    "priest",
    "prisoner",
    "criminal",
}


def ids(kind: LabelKind) -> str:
    return kind.name


def test_every_class_of_both_networks_is_decided() -> None:
    coco = [row.index for row in TAXONOMY.classes if row.network == "coco"]
    imagenet = [row.index for row in TAXONOMY.classes if row.network == "imagenet"]

    assert len(coco) == len(set(coco)) == 80
    assert imagenet == list(range(1000))


def test_every_dropped_class_says_why() -> None:
    dropped = [row for row in TAXONOMY.classes if row.label is None]

    assert dropped
    assert [row.name for row in dropped if not row.reason] == []


def test_every_label_can_be_answered() -> None:
    named = {row.label for row in TAXONOMY.classes if row.label}
    above = {parent for name in named for parent in TAXONOMY.labels[name].parents}

    assert set(TAXONOMY.labels) == named | above


def test_every_ancestor_is_a_label_and_its_ancestors_are_too() -> None:
    missing = [
        (kind.name, parent, above)
        for kind in KINDS
        for parent in kind.parents
        for above in TAXONOMY.labels[parent].parents
        if above not in kind.parents
    ]

    assert missing == []


def test_a_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="its own ancestor"):
        module._ancestors("Dog", {"Dog": ("Pet",), "Pet": ("Dog",)})


def test_categories_are_those_of_rekognition() -> None:
    assert {kind.category for kind in KINDS} <= set(CATEGORIES)
    assert len(CATEGORIES) == 40


def test_names_fit_the_filters_of_the_service_model() -> None:
    # GeneralLabelsFilterValue: at most 50 of these characters, or nobody could filter by the name.
    fits = re.compile(r"[A-Za-z0-9àâèçñó'\-_(). ]{1,50}")

    assert [kind.name for kind in KINDS if not fits.fullmatch(kind.name)] == []


def test_an_alias_is_no_other_label() -> None:
    aliases = [alias for kind in KINDS for alias in kind.aliases]

    assert set(aliases) & set(TAXONOMY.labels) == set()
    assert len(aliases) == len(set(aliases))


def test_no_label_or_alias_guesses_who_somebody_is() -> None:
    names = [name for kind in KINDS for name in (kind.name, *kind.aliases)]
    guesses = [name for name in names if set(re.split(r"[^a-z]+", name.lower())) & FORBIDDEN]

    # A breed of dog, not a person.
    assert guesses == ["Old English Sheepdog"]


def test_nothing_is_a_kind_of_person() -> None:
    assert [kind.name for kind in KINDS if "Person" in kind.parents] == []
    assert TAXONOMY.labels["Person"].parents == ()


@pytest.mark.parametrize(
    ("index", "label"),
    [
        (982, "Wedding"),
        (981, "Baseball"),
        (983, "Scuba Diving"),
        (399, "Clothing"),
        (445, "Swimwear"),
        (638, "Swimwear"),
    ],
    ids=["bridegroom", "ballplayer", "scuba diver", "abaya", "bikini", "maillot"],
)
def test_a_class_of_people_becomes_what_can_be_seen(index: int, label: str) -> None:
    assert TAXONOMY.label_of("imagenet")[index].name == label


# As the developer guide and recorded answers of label model 3.0 have them.
@pytest.mark.parametrize(
    ("name", "parents", "aliases", "category"),
    [
        ("Person", (), ("Human",), "Person Description"),
        ("Car", ("Transportation", "Vehicle"), ("Automobile",), "Vehicles and Automotive"),
        ("Bicycle", ("Transportation", "Vehicle"), ("Bike",), "Vehicles and Automotive"),
        ("Dog", ("Animal", "Canine", "Mammal", "Pet"), (), "Animals and Pets"),
        ("Clothing", (), ("Apparel",), "Apparel and Accessories"),
    ],
)
def test_known_labels_are_as_rekognition_has_them(
    name: str, parents: tuple[str, ...], aliases: tuple[str, ...], category: str
) -> None:
    assert TAXONOMY.labels[name] == LabelKind(name, parents, aliases, category)


def test_cell_phone_is_an_alias_of_mobile_phone() -> None:
    # The example of the developer guide.
    assert TAXONOMY.labels["Mobile Phone"].aliases == ("Cell Phone",)
    assert TAXONOMY.label_of("coco")[76].name == "Mobile Phone"


def test_the_reference_page_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "labels.md"

    assert page.read_text(encoding="utf-8") == labels_page(TAXONOMY)


def test_the_reference_page_names_labels_aliases_boxes_and_reasons() -> None:
    labels = {
        "Car": LabelKind("Car", ("Vehicle",), ("Automobile",), "Vehicles and Automotive"),
        "Vehicle": LabelKind("Vehicle", (), (), "Vehicles and Automotive"),
    }
    classes = (ClassRow("coco", 2, "car", "Car", ""), ClassRow("imagenet", 9, "blob", None, "says nothing"))

    page = labels_page(Taxonomy(labels, classes))

    assert "### Vehicles and Automotive\n\n**Car** (also Automobile); Vehicle.\n" in page
    assert "| blob | none | says nothing |" in page
