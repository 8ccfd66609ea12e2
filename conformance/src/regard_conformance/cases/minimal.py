"""For each operation of the model, the smallest request that is valid, about things that do not exist."""

from collections.abc import Callable

from regard_conformance.case import Json
from regard_conformance.fixtures import Fixtures
from regard_conformance.pictures import blank_bytes

ACCOUNT = "arn:aws:rekognition:us-east-1:123456789012"
PROJECT_ARN = f"{ACCOUNT}:project/regard-conformance/1690474772815"
VERSION_ARN = f"{ACCOUNT}:project/regard-conformance/version/first/1690474772816"
DATASET_ARN = f"{ACCOUNT}:project/regard-conformance/dataset/train/1690474772817"
COLLECTION_ARN = f"{ACCOUNT}:collection/regard-conformance-unknown"
ROLE_ARN = "arn:aws:iam::123456789012:role/regard-conformance"
UUID = "01234567-89ab-4cde-8f01-23456789abcd"
JOB_ID = "ab12" * 16
VIDEO: Json = {"S3Object": {"Bucket": "regard-conformance", "Name": "no/such/clip.mp4"}}
OUTPUT_CONFIG: Json = {"S3Bucket": "regard-conformance", "S3KeyPrefix": "out"}
CONNECTED_HOME: Json = {
    "Name": "regard-conformance",
    "Input": {"KinesisVideoStream": {"Arn": "arn:aws:kinesisvideo:us-east-1:123456789012:stream/door/1533422155042"}},
    "Output": {"S3Destination": {"Bucket": "regard-conformance", "KeyPrefix": "out"}},
    "RoleArn": ROLE_ARN,
    "Settings": {"ConnectedHome": {"Labels": ["PERSON"]}},
}

_IMAGE: Json = {"Image": {"Bytes": blank_bytes()}}
_UNKNOWN: Json = {"CollectionId": "regard-conformance-unknown"}
_UNKNOWN_USER: Json = {**_UNKNOWN, "UserId": "nobody"}
_PROCESSOR: Json = {"Name": "regard-conformance-unknown"}
_JOB: Json = {"JobId": JOB_ID}

# Requests that would make something are left to cases that take it away again, or name what cannot be used.
REQUESTS: dict[str, Json] = {
    "AssociateFaces": {**_UNKNOWN_USER, "FaceIds": [UUID]},
    "CompareFaces": {"SourceImage": {"Bytes": blank_bytes()}, "TargetImage": {"Bytes": blank_bytes()}},
    "CopyProjectVersion": {
        "SourceProjectArn": PROJECT_ARN,
        "SourceProjectVersionArn": VERSION_ARN,
        "DestinationProjectArn": PROJECT_ARN,
        "VersionName": "copy",
        "OutputConfig": OUTPUT_CONFIG,
    },
    "CreateCollection": {"CollectionId": "regard-conformance"},
    "CreateDataset": {"ProjectArn": PROJECT_ARN, "DatasetType": "TRAIN"},
    "CreateFaceLivenessSession": {},
    # An adapter without AutoUpdate: well formed, and nothing comes of it.
    "CreateProject": {"ProjectName": "regard-conformance", "Feature": "CONTENT_MODERATION"},
    "CreateProjectVersion": {"ProjectArn": PROJECT_ARN, "VersionName": "first", "OutputConfig": OUTPUT_CONFIG},
    "CreateStreamProcessor": CONNECTED_HOME,
    "CreateUser": _UNKNOWN_USER,
    "DeleteCollection": _UNKNOWN,
    "DeleteDataset": {"DatasetArn": DATASET_ARN},
    "DeleteFaces": {**_UNKNOWN, "FaceIds": [UUID]},
    "DeleteProject": {"ProjectArn": PROJECT_ARN},
    "DeleteProjectPolicy": {"ProjectArn": PROJECT_ARN, "PolicyName": "none"},
    "DeleteProjectVersion": {"ProjectVersionArn": VERSION_ARN},
    "DeleteStreamProcessor": _PROCESSOR,
    "DeleteUser": _UNKNOWN_USER,
    "DescribeCollection": _UNKNOWN,
    "DescribeDataset": {"DatasetArn": DATASET_ARN},
    "DescribeProjectVersions": {"ProjectArn": PROJECT_ARN},
    "DescribeProjects": {},
    "DescribeStreamProcessor": _PROCESSOR,
    "DetectCustomLabels": {"ProjectVersionArn": VERSION_ARN, **_IMAGE},
    "DetectFaces": _IMAGE,
    "DetectLabels": _IMAGE,
    "DetectModerationLabels": _IMAGE,
    "DetectProtectiveEquipment": _IMAGE,
    "DetectText": _IMAGE,
    "DisassociateFaces": {**_UNKNOWN_USER, "FaceIds": [UUID]},
    "DistributeDatasetEntries": {"Datasets": [{"Arn": DATASET_ARN}, {"Arn": DATASET_ARN.replace("train", "test")}]},
    "GetCelebrityInfo": {"Id": "3Ir0du6"},
    "GetCelebrityRecognition": _JOB,
    "GetContentModeration": _JOB,
    "GetFaceDetection": _JOB,
    "GetFaceLivenessSessionResults": {"SessionId": UUID},
    "GetFaceSearch": _JOB,
    "GetLabelDetection": _JOB,
    "GetMediaAnalysisJob": _JOB,
    "GetPersonTracking": _JOB,
    "GetSegmentDetection": _JOB,
    "GetTextDetection": _JOB,
    "IndexFaces": {**_UNKNOWN, **_IMAGE},
    "ListCollections": {},
    "ListDatasetEntries": {"DatasetArn": DATASET_ARN},
    "ListDatasetLabels": {"DatasetArn": DATASET_ARN},
    "ListFaces": _UNKNOWN,
    "ListMediaAnalysisJobs": {},
    "ListProjectPolicies": {"ProjectArn": PROJECT_ARN},
    "ListStreamProcessors": {},
    "ListTagsForResource": {"ResourceArn": COLLECTION_ARN},
    "ListUsers": _UNKNOWN,
    "PutProjectPolicy": {"ProjectArn": PROJECT_ARN, "PolicyName": "none", "PolicyDocument": "{}"},
    "RecognizeCelebrities": _IMAGE,
    "SearchFaces": {**_UNKNOWN, "FaceId": UUID},
    "SearchFacesByImage": {**_UNKNOWN, **_IMAGE},
    "SearchUsers": {**_UNKNOWN, "FaceId": UUID},
    "SearchUsersByImage": {**_UNKNOWN, **_IMAGE},
    "StartCelebrityRecognition": {"Video": VIDEO},
    "StartContentModeration": {"Video": VIDEO},
    "StartFaceDetection": {"Video": VIDEO},
    "StartFaceSearch": {"Video": VIDEO, **_UNKNOWN},
    "StartLabelDetection": {"Video": VIDEO},
    "StartMediaAnalysisJob": {
        "OperationsConfig": {"DetectModerationLabels": {}},
        "Input": {"S3Object": {"Bucket": "regard-conformance", "Name": "no/such/manifest.jsonl"}},
        "OutputConfig": OUTPUT_CONFIG,
    },
    "StartPersonTracking": {"Video": VIDEO},
    "StartProjectVersion": {"ProjectVersionArn": VERSION_ARN, "MinInferenceUnits": 1},
    "StartSegmentDetection": {"Video": VIDEO, "SegmentTypes": ["SHOT"]},
    "StartStreamProcessor": _PROCESSOR,
    "StartTextDetection": {"Video": VIDEO},
    "StopProjectVersion": {"ProjectVersionArn": VERSION_ARN},
    "StopStreamProcessor": _PROCESSOR,
    "TagResource": {"ResourceArn": COLLECTION_ARN, "Tags": {"team": "door"}},
    "UntagResource": {"ResourceArn": COLLECTION_ARN, "TagKeys": ["team"]},
    "UpdateDatasetEntries": {"DatasetArn": DATASET_ARN, "Changes": {"GroundTruth": b"{}\n"}},
    "UpdateStreamProcessor": _PROCESSOR,
}


def minimal(operation: str) -> Callable[[Fixtures], Json]:
    """Makes a copy that the caller may add members to."""
    return lambda _fixtures: dict(REQUESTS[operation])
