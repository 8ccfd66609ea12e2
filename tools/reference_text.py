"""The words of the generated reference pages that the code cannot say by itself."""

from collections.abc import Mapping

OPERATIONS = """
Amazon Rekognition has {total} operations. This version of Regard serves {served}, refuses {refused} and does not
offer {not_yet} yet. A running server says the same at `/v1/operations`.

Every request to any of them is decoded and checked against the service model first. A request with wrong types gets
`SerializationException`, one outside the model's limits `ValidationException`, also where the operation is refused or
not offered. Where access keys are configured, the signature comes before that. [Errors](errors.md) has the order.
"""

# One sentence an operation: what is answered, and the first thing that is otherwise than with Amazon.
SERVED: Mapping[str, str] = {
    "AssociateFaces": (
        "Up to 100 faces a user. In a governed collection a user is a subject and has that subject's faces only."
    ),
    "CompareFaces": (
        "Default threshold 90, not 80; [similarity](../concepts/similarity.md) is a false-match rate. More than 15 "
        "faces in the target are refused. The header says the threshold and its rate."
    ),
    "CreateCollection": (
        "A sandbox of at most 100 faces for 24 hours, or with the tags `regard:purpose` and `regard:controller` a "
        "governed collection. [Consent](../concepts/consent.md)"
    ),
    "CreateUser": "In a governed collection the user is a subject with a live consent.",
    "DeleteCollection": "Everything in it is gone from the disk at return.",
    "DeleteFaces": "Faces are gone from the disk at return, those of users excepted.",
    "DeleteUser": "The faces are released, not deleted.",
    "DescribeCollection": "As Amazon. The header says of a sandbox when it ends.",
    "DetectFaces": (
        "Boxes, 5 or 30 landmarks, pose, quality, eyes open, mouth open, smile, sunglasses, face occluded, eye "
        "direction; largest face first. No eyeglasses, beard or moustache; no age, gender or emotion. "
        "[Faces](../concepts/faces.md)"
    ),
    "DetectLabels": (
        "`GENERAL_LABELS` and `IMAGE_PROPERTIES` with all settings and filters. Other labels than Amazon's. "
        "[Labels](labels.md)"
    ),
    "DetectModerationLabels": (
        "The part of taxonomy 7.0 that the networks know; `ContentTypes` is empty, `HumanLoopConfig` is refused. "
        "[Moderation](../concepts/moderation.md)"
    ),
    "DetectProtectiveEquipment": (
        "Persons, faces, heads, hands and face covers, with the summary. No head or hand covers. [Protective "
        "equipment](../concepts/protective-equipment.md)"
    ),
    "DetectText": "Lines and words with polygons in reading order, turned text too, all filters and regions.",
    "DisassociateFaces": "As Amazon.",
    "GetContentModeration": (
        "As Amazon: sorted by time or name, each look or runs, 1000 rows a page, 7 days. `ContentTypes` is absent. "
        "[Stored video](../concepts/stored-video.md)"
    ),
    "GetFaceDetection": "As Amazon, without age, gender, emotion, eyeglasses, beard and moustache.",
    "GetLabelDetection": "As Amazon: sorted by time or name, each look or runs, 1000 rows a page, kept for 7 days.",
    "GetMediaAnalysisJob": "As Amazon, for seven days after the end instead of a year.",
    "GetSegmentDetection": (
        "As Amazon, without studio logos. [Segments](../concepts/stored-video-segments.md) says how sure they are."
    ),
    "GetTextDetection": "As Amazon.",
    "IndexFaces": (
        "In a governed collection only with a live consent of the subject `ExternalImageId`, and one face a call: "
        "the largest. No age, gender or emotion."
    ),
    "ListCollections": "By id.",
    "ListFaces": "By `FaceId`.",
    "ListMediaAnalysisJobs": "As Amazon.",
    "ListTagsForResource": "Of collections.",
    "ListUsers": "In the order they were created.",
    "SearchFaces": (
        "Answers above the safe threshold for a gallery of this size, or the caller's if that is stricter; the "
        "header says which. In a governed collection it names one person at most."
    ),
    "SearchFacesByImage": (
        "As `SearchFaces`, for the largest face. More than five faces of comparable size are refused."
    ),
    "SearchUsers": "As `SearchFaces`, among users.",
    "SearchUsersByImage": "As `SearchFacesByImage`, among users.",
    "StartContentModeration": "As `DetectModerationLabels`, for each look at a video.",
    "StartFaceDetection": "Faces of each look; nothing links one to another.",
    "StartLabelDetection": (
        "As `DetectLabels` without colours, for each look: at least every two seconds and behind every cut. "
        "[Stored video](../concepts/stored-video.md)"
    ),
    "StartMediaAnalysisJob": (
        "`DetectModerationLabels` over manifests, in buckets of either kind. Without adapters and `KmsKeyId`. "
        "[Bulk jobs](../concepts/bulk-jobs.md)"
    ),
    "StartSegmentDetection": "Shots, black frames, colour bars, slates, credits, content.",
    "StartTextDetection": "As `DetectText`, for each look; words below 80 are left out.",
    "TagResource": "Of collections. Tags that govern a collection are fixed at its creation.",
    "UntagResource": "Of collections. Tags that govern a collection are fixed at its creation.",
}

REFUSED = """
These are not built and will not be. No setting changes the answer; [the line](../concepts/the-line.md) gives the
reasons. The answer is `AccessDeniedException` with status 400, which no SDK repeats. It is counted in
`regard_refusals_total` of `/metrics`. `DetectFaces` and `IndexFaces` with `ALL` are not refused: they answer with
everything that may be said.
"""

NOT_YET = """
The answer is `NotImplementedException` with status 400. The service model does not have this code, so boto3 raises a
plain `ClientError` with it. The status is not 501, because some SDKs repeat every status from 500. No SDK repeats this
answer. With the operation's name in place of CreateProject, these all answer:
"""

SETTINGS = """
A setting comes from the option of `regard serve`, else from its environment variable, else it is the default.
`regard detect` and `regard doctor` read the same variables; `regard detect` always uses the limits `relaxed`.
Settings are read once, at the start. A value that cannot be used stops the start with a sentence that names it.

Not of Regard, but read when networks are fetched: the Python index and npm registry configured for pip, uv and npm,
`HTTPS_PROXY`, `NO_PROXY`, and `PIP_CERT`, `REQUESTS_CA_BUNDLE` or `SSL_CERT_FILE`. [Deploying](../deploying.md) says
more.
"""

COMMAND_LINE = """
Every command has `--help`. Tables and answers go to standard output, progress and complaints to standard error.
Exit codes: 0 when all went well, 1 when something failed, 2 when the command was not understood or there was no
picture to look at. Options of `regard serve` have their defaults on the page of [settings](settings.md).
"""

ERRORS = """
An error is a JSON body with `__type`, the code that SDKs make an exception of, and a message that names the thing, the
value and the limit. The header `x-amzn-ErrorType` repeats the code; `x-amzn-RequestId` is in the log too. There are two
forms, as with AWS. What an operation itself finds wrong has `Code`, `Logref` (the request id) and `Message`, and boto3
has an exception class for it, such as `client.exceptions.InvalidImageFormatException`:
"""

FRONT_END = """
What is wrong before an operation runs has only `message`; boto3 raises a plain `ClientError`:
"""

RETRIES = """
Whether an SDK repeats a request by itself depends on code and status. *Legacy* is botocore's default mode, up to 5
attempts; *standard* is `AWS_RETRY_MODE=standard`, up to 3. Both columns are made from the installed botocore's own
tables. The SDK for JavaScript v3 goes by the standard column, and repeats `InvalidSignatureException` as well when its
clock differs from the server's.

Requests are looked at in this order: host (without access keys), method, content type, body size and time,
`X-Amz-Target`, free place in the queue, signature, the right to the operation, JSON types, constraints of the service
model, refusals, the operation and, once it is found, the right to the collection. The first thing wrong is the answer.

Codes that this version never gives are listed too: they belong to operations that are not offered yet.
"""

MODELS = """
{count} networks are fetched by default, {size} MB in all. A company may use every one of them: each has a permissive
licence of its own. What a permissive licence does not settle is how the training pictures were gathered; see the
row *trained on*, and [Weights](../concepts/weights.md).

`regard models list` shows what is on this machine, `/v1/models` what a server has loaded. A file is right when size
and SHA-256 are those below, wherever it came from. *Carriers* are published packages that hold the file; they are read
as archives, never installed or run.
"""
