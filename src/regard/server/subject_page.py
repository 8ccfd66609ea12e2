"""What is held of a person, as a page that they can read and print."""

from html import escape

from regard.people.act_sentences import reason_of
from regard.people.subject_reports import HeldConsent, HeldFace, HeldInCollection, ReportedAct, SubjectReport
from regard.server.pages import document, facts, table

_INTRODUCTION = (
    "<p>This is everything that this server holds about the person with the id below, and every act that concerned "
    "them. Times are UTC. A picture of the face is kept only where the consent says so; otherwise only numbers that "
    "describe it, which whoever holds the server's keys could turn back into a likeness of the face.</p>"
)
_RIGHTS = (
    "<p>You may ask the controller for a copy with everything in it, to be erased, or take your consent back at any "
    "time; what rested on it is then erased at once, and you get a signed receipt.</p>"
)


def subject_page(report: SubjectReport) -> str:
    """The report as HTML: no scripts, nothing from elsewhere."""
    return document(
        f"What is held about {report.subject}",
        _INTRODUCTION,
        facts([("Person", report.subject), ("Made", _moment(report.made))]),
        *(_collection(one) for one in report.collections),
        "<h2>What you may ask for</h2>",
        _RIGHTS,
    )


def _collection(held: HeldInCollection) -> str:
    return "".join(
        [
            f"<h2>Collection {escape(held.collection)}</h2>",
            facts(_facts(held)),
            "<h3>Consents</h3>",
            _consents(held.consents),
            "<h3>Faces</h3>",
            _faces(held.faces),
            "<h3>What was done</h3>",
            _acts(held.acts, held.known_since is not None),
        ]
    )


def _facts(held: HeldInCollection) -> list[tuple[str, str]]:
    kind = "asked only whether a picture shows a person who is named (1:1)"
    if not held.is_verify_only:
        kind = "searched with single still pictures (1:N), and asked about a person who is named (1:1)"
    found = [
        ("Kept for", held.purpose),
        ("Controller", held.controller),
        ("May be", kind),
        ("Model of the face networks", held.model_version),
    ]
    if held.known_since is not None and held.last_interaction is not None:
        found += [("Known since", _moment(held.known_since)), ("Last recognised", _moment(held.last_interaction))]
    if held.user is not None:
        found.append(("User", held.user))
    if held.erased_by is not None:
        found.append(("Erased at the latest", f"{_moment(held.erased_by)} ({held.erased_why})"))
    else:
        found.append(("Erased", "already; only the records of ended consents are left"))
    return found


def _consents(consents: list[HeldConsent]) -> str:
    if not consents:
        return "<p>None is recorded.</p>"
    return "".join(
        facts(
            [
                ("Id", one.id),
                ("Purpose", one.purpose),
                ("State", _state(one)),
                ("Given", f"{_moment(one.granted)}, by {one.guardian or 'the person'}"),
                ("Until", _moment(one.expires)),
                ("Picture may be kept", "yes" if one.keep_crops else "no"),
                ("Evidence", f"a notice whose SHA-256 is {one.evidence_sha256}"),
            ]
        )
        for one in consents
    )


def _state(consent: HeldConsent) -> str:
    if consent.ended is None or consent.kept_until is None:
        return consent.state
    why = reason_of(consent.state)
    return (
        f"ended {_moment(consent.ended)}: {why}. This record is kept until {_moment(consent.kept_until)} as evidence."
    )


def _faces(faces: list[HeldFace]) -> str:
    if not faces:
        return "<p>None is held.</p>"
    head = ("Enrolled", "Place in the picture (left, top, size)", "Picture kept", "Model", "Confidence", "Id")
    return table(
        head,
        [
            (
                _moment(one.enrolled),
                f"{one.left:.1%}, {one.top:.1%}, {one.width:.1%} x {one.height:.1%}",
                "yes" if one.has_crop else "no",
                one.model_version,
                f"{one.confidence:.1f}",
                one.face_id,
            )
            for one in faces
        ],
    )


def _acts(acts: list[ReportedAct], has_key: bool) -> str:
    if not has_key:
        return "<p>The key that opened the log's entries was erased too; nobody can tell which they were.</p>"
    head = ("When", "What", "Asked by", "Purpose", "Threshold", "False matches", "Reviewers", "Entry")
    return table(
        head,
        [
            (
                _moment(one.ended),
                one.says,
                one.principal,
                one.purpose or "",
                "" if one.threshold is None else f"{one.threshold:.2f}",
                "" if one.false_match_rate is None else _rate(one.false_match_rate),
                ", ".join(one.reviewers),
                str(one.index),
            )
            for one in acts
        ],
        numbers=1,
    )


def _rate(rate: float) -> str:
    """A false-match rate of one comparison, in words."""
    return f"1 in {round(1 / rate):,}" if rate > 0 else "none"


def _moment(text: str) -> str:
    """To the second, for people."""
    return text[:19].replace("T", " ")
