"""Records of datasets for the views' tests, each text of them the one given."""

from __future__ import annotations

from llmops_magics.datasets.dataset import DatasetVersion
from llmops_magics.datasets.diff import CaseChange, DatasetDiff, FieldChange
from llmops_magics.datasets.duplicate import ExactGroup, NearPair
from llmops_magics.datasets.freezing import DatasetFreeze
from llmops_magics.datasets.leakage import Leak
from llmops_magics.datasets.record import (
    DatasetChange,
    DatasetCheck,
    DatasetExport,
    DatasetList,
    DatasetListing,
    DatasetSchema,
    DatasetUse,
    DatasetView,
)


def freeze(t, frozen=True):
    return DatasetFreeze(name=t, number=1, frozen=frozen, actor=t, at=t, reason=t)


def view(t, rows=3):
    row = {"id": t, t: {t: [t]}, "question": t, "expected": t, "tags": [t], "metadata": {t: t}}
    return DatasetView(
        ref=t,
        digest=t,
        case_count=300,
        columns=(t, "question"),
        tags={t: 3},
        groups=2,
        with_expected=3,
        rows=(row,) * rows,
        schema={"properties": {t: {"enum": [t]}}},
        versions=2,
        frozen=freeze(t),
        message=t,
        author=t,
        created_at=t,
        uses=(DatasetUse(what=t, ref=t, detail=t, at=t), DatasetUse(what="eval", ref=t, detail=t)),
        use_count=3,
        drawn=t,
    )


def change(t, **more):
    lists = {"added": (t,), "replaced": (t,), "removed": (t,)}
    fields = {"action": t, "name": t, "number": 2, "digest": t, "case_count": 3, "is_new": True}
    return DatasetChange(**fields | lists | {"before": 1, "source": t, "notes": (t,)} | more)


def check(t):
    return DatasetCheck(
        ref=t,
        digest=t,
        case_count=3,
        exact=(ExactGroup(ids=(t, t), conflicting=True),),
        near=(NearPair(first=t, second=t, similarity=0.85),) * 250,
        leaks=(Leak(case_id=t, prompt=t, place=t, similarity=1.0),),
        prompts=(t,),
        is_complete=False,
    )


def diff(t):
    fields = (
        FieldChange(field=t, before=t, after=f"{t} more"),
        FieldChange(field=t, before=None, after={t: 1}, was_there=False),
    )
    return DatasetDiff(
        before=t,
        after=t,
        added=(t,),
        removed=(t,),
        changed=(CaseChange(id=t, fields=fields),),
        unchanged=1,
        renamed=((t, t),),
        is_reordered=True,
        added_columns=(t,),
        removed_columns=(t,),
        is_schema_changed=True,
    )


def every_record(t):
    listing = DatasetListing(
        name=t,
        number=1,
        digest=t,
        case_count=3,
        frozen=True,
        message=t,
        author=t,
        created_at=t,
    )
    return [
        DatasetVersion(name=t, digest=t, cases=(), columns=(t,)),
        DatasetList(datasets=(listing,)),
        view(t),
        view(t, rows=250),
        change(t),
        change(t, is_new=False, before=0),
        DatasetSchema(ref=t, schema={t: [t]}, is_set=True, is_new=True),
        DatasetExport(ref=t, digest=t, path=t, case_count=1, size_bytes=9, drawn=t),
        freeze(t),
        freeze(t, frozen=False),
        check(t),
        diff(t),
    ]
