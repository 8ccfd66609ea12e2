"""The reference page of labels, made from the taxonomy: `python -m regard.analysis.taxonomy_page`."""

from collections.abc import Iterator

from regard.analysis.taxonomy import CATEGORIES, LabelKind, Taxonomy, load_taxonomy

INTRODUCTION = """# Labels

Made by `python -m regard.analysis.taxonomy_page > docs/reference/labels.md`; do not edit by hand.

`DetectLabels` answers with the {total} labels below, in the form of Rekognition's label model 3.0. They come
from two networks and no more: a detector of the 80 kinds of object of COCO (labels in **bold**: these have
`Instances` with boxes) and a classifier of the 1,000 kinds of ImageNet (the whole picture). Every label brings
all its ancestors, each with a row of its own; so do labels that no network knows directly, such as Vehicle.

## What a confidence is

- Of an object: how often a detection of that score was right on COCO pictures, in percent, found by
  `bench/calibrate_labels.py`. An object counts as right when its box overlaps the true one by half (IoU 0.5) or
  more.
- Of a tag: the classifier's own probability, summed over all kinds below the label. It must hold for the whole
  picture and for its central square; the lesser counts, and below 20 it is left out. There are no labelled
  ImageNet pictures here to calibrate it by. On COCO pictures, tags that COCO can judge were right more often
  than they promised.
- Objects below a confidence of about 4 and tags below 20 are never answered, whatever `MinConfidence` says.

## What cannot be known

- **Who somebody is.** A person is a Person. There is no label for sex, age, race, emotion, faith or trade, and
  none is planned: Rekognition's Man, Woman, Child, Bride, Happy and the like never appear.
- **Most of Rekognition's labels**: scenes (Beach, City, Kitchen), weather, actions (Running), concepts (Nature
  alone), landmarks, parts of bodies and of buildings. No network with a licence for all uses was found for
  them.
- **Small objects**: the detector sees 448 by 448 pixels. Of objects smaller than 32 by 32 pixels it finds few.
- **Pictures of something else**: the classifier must choose among 1,000 kinds. What it never learned gets the
  name of what it resembles, at times with confidence: two people with a suitcase become a Vacuum Cleaner.
- **Safety**: that a mushroom may be eaten, that a snake is harmless. Kinds are not told apart that well.

## Image properties

`IMAGE_PROPERTIES` measures; nothing is learned but the split into foreground and background, which is left out
when it is not clear. Brightness is the mean CIE lightness; contrast twice its standard deviation, at most 100;
sharpness 100 (1 - exp(-d / 8)), d the standard deviation of the Laplacian of lightness at a longer side of 512
pixels. These scales are Regard's own: Rekognition does not publish its formulas, so do not carry thresholds
over. Colours are answered as the nearest CSS colour, as Rekognition's recorded answers are; what covers less
than 5 % is left out. `SimplifiedColor` is one of black, blue, brown, cyan, green, grey, orange, pink, purple,
red, white, yellow; AWS says there are 12 and does not list them.
"""


def labels_page(taxonomy: Taxonomy) -> str:
    """The whole page, in Markdown."""
    parts = [INTRODUCTION.format(total=f"{len(taxonomy.labels):,}"), "## All labels, by category\n"]
    boxed = {kind.name for kind in taxonomy.label_of("coco").values()}
    for category in CATEGORIES:
        kinds = sorted((kind for kind in taxonomy.labels.values() if kind.category == category), key=lambda k: k.name)
        if kinds:
            parts += [f"### {category}\n", "; ".join(_entry(kind, boxed) for kind in kinds) + ".\n"]
    parts += ["## Classes of ImageNet that are dropped or made coarser\n", *_reasons(taxonomy)]
    return "\n".join(parts) + "\n"


def _entry(kind: LabelKind, boxed: set[str]) -> str:
    name = f"**{kind.name}**" if kind.name in boxed else kind.name
    aliases = f" (also {', '.join(kind.aliases)})" if kind.aliases else ""
    return name + aliases


def _reasons(taxonomy: Taxonomy) -> Iterator[str]:
    yield "| class | label | reason |"
    yield "| --- | --- | --- |"
    for row in taxonomy.classes:
        if row.reason:
            yield f"| {row.name} | {row.label or 'none'} | {row.reason} |"


if __name__ == "__main__":
    print(labels_page(load_taxonomy()), end="")
