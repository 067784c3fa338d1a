"""Training jobs: everything that describes one is kept as it was asked for, and listings filter as AWS's do.

Moto forgets a job's environment and warm pool, knows no `WarmPoolStatusEquals`, and cuts a page before it filters
without saying that more follows. Jobs stand in one dictionary of descriptions, so that very many can be seeded.
"""

import datetime
import functools

from moto.core.responses import ActionResult
from moto.sagemaker.responses import SageMakerResponse

from .echo import plain
from .shared import arn, invalid, kept, members, page, shown

DESCRIBED = shown("DescribeTrainingJob")
SUMMARY = (
    "TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime", "LastModifiedTime", "TrainingJobStatus",
    "SecondaryStatus", "WarmPoolStatus",
)  # fmt: skip


def jobs(backend):
    return kept(backend, "jobs")


def created(create):
    describe = SageMakerResponse.describe_training_job

    @functools.wraps(create)
    def whole(self):
        asked = members(self)
        if asked["TrainingJobName"] in jobs(self.sagemaker_backend):
            raise invalid("Job name must be unique within an AWS account and region")
        answer = create(self)
        asked = {member: value for member, value in asked.items() if member in DESCRIBED}
        add(self.sagemaker_backend, {**plain(describe(self)), **asked}, members(self).get("Tags", []))
        return answer

    return whole


def add(backend, job, tags=()):
    job["TrainingJobArn"] = arn(backend, "training-job", job["TrainingJobName"])
    jobs(backend)[job["TrainingJobName"]] = job
    kept(backend, "tags")[job["TrainingJobArn"]] = list(tags)


def describe_training_job(self):
    job = jobs(self.sagemaker_backend).get(members(self)["TrainingJobName"])
    if job is None:
        raise invalid("Requested resource not found.")
    return ActionResult(job)


def list_training_jobs(self):
    asked = members(self)
    found = list(jobs(self.sagemaker_backend).values())
    if "CreationTimeAfter" in asked:
        # Moto's times are UTC, and do not say so.
        after = datetime.datetime.fromtimestamp(asked["CreationTimeAfter"], datetime.timezone.utc).replace(tzinfo=None)
        found = [j for j in found if j["CreationTime"] > after]
    if "StatusEquals" in asked:
        found = [j for j in found if j["TrainingJobStatus"] == asked["StatusEquals"]]
    if "WarmPoolStatusEquals" in asked:
        found = [j for j in found if j.get("WarmPoolStatus", {}).get("Status") == asked["WarmPoolStatusEquals"]]
    by = {"Name": "TrainingJobName", "Status": "TrainingJobStatus"}.get(asked.get("SortBy"), "CreationTime")
    # The oldest come first unless it is asked otherwise.
    found.sort(key=lambda j: j[by], reverse=asked.get("SortOrder") == "Descending")
    return page(self, found, "TrainingJobSummaries", lambda j: {m: j[m] for m in SUMMARY if m in j})


def install():
    SageMakerResponse.create_training_job = created(SageMakerResponse.create_training_job)
    SageMakerResponse.describe_training_job = describe_training_job
    SageMakerResponse.list_training_jobs = list_training_jobs
