"""What the models answered in a gate, one line a call, and what else a gate was about.

Two files in the ballot folder, which the kernel is told of by ``LLMOPS_GATE_RECORD``. Both are
readable after ``kill -9``: a line is written in one append, and ``evidence.json`` is replaced
whole. Nothing in them needs masking: what redaction would change is not in them.

``responses.jsonl``: one JSON object a line, in the order in which the calls ended::

    {"n": 1, "pid": 4711,          which call of which process
     "kind": "chat",               or "embedding"
     "role": "target",             "judge", or "embedding"
     "place": "sha256:…",          question, prompt, case and role: where a replay finds it
     "occurrence": 0,              the how-manieth call at that place, from 0
     "question": "sha256:…",       of model, messages or texts, settings and repeat
     "case": "c1", "prompt": "support/answer@2", "repeat": 0,
     "model": "openai/gpt-x",      as asked for
     "address": "https://…/v1",    where it went
     "source": "wire",             "cache", "double" (a test double says it is one), "record"
     "origin": "wire",             the same, but of a replayed call its source when it was made
     "resolved_model": "gpt-x-2026-11-01", "system_fingerprint": "fp_1",
     "usage": {"input_tokens": 9, "output_tokens": 4, …} or null,
     "cost_usd": "0.0001" or null, "latency_ms": 812.4,
     "answer": {…} or null,        the whole answer; null where it may not be kept, or failed
     "answer_digest": "sha256:…",  of the whole answer, also where it is not kept
     "outputs": ["sha256:…", …],   digests of the text as given, as it reached the caller, masked
     "trace_id": "…",
     "error": null or {"type": "RateLimitError", "message": "…", …},
     "at": "2026-11-24T02:30:00.000000Z"}

``evidence.json`` (the runner writes it before the kernel starts, and again at the end)::

    {"version": 1,
     "mode": "live",               "replay" or "rejudge"
     "replay_of": null,            or {"gate_id", "comparable", "responses"} of the archive
     "cache": "",                  how the use of stored answers was declared, "" for not at all
     "begun_at": "…", "ended_at": "" until the end,
     "begin": {"files": {"cases.jsonl": "sha256:…"},    files that parameters name
               "datasets": {"cases": "sha256:…"},       newest version by name
               "indexes": {"docs": "sha256:…"},         fingerprint in use by corpus
               "prompts": {"support/answer": "sha256:…", "support/answer@production": "3"}},
     "end": {… the same …} or null,
     "claims": [{"run_id": "…", "model": "…", "model_calls": 40, "unrecorded": ["c7"],
                 "unrecorded_count": 1}],
     "responses": {"count": 40, "digest": "sha256:…" of responses.jsonl, "torn": false,
                   "errors": 0, "by_source": {"wire": 40}, "by_origin": {"wire": 40},
                   "by_role": {"target": 40}, "models": {"openai/gpt-x": ["gpt-x-2026-11-01"]},
                   "fingerprints": {"openai/gpt-x": ["fp_1"]}, "unkept": 0,
                   "is_replayable": true, "input_tokens": 360, "output_tokens": 160,
                   "cost_usd": "0.0040", "unpriced": 0} or null,
     "comparable": "sha256:…",     of the decision without its time and run id, "" for none
     "problems": ["…"],            why there is no verdict, as in the result
     "notes": ["…"]}               what a reader must know all the same
"""

from __future__ import annotations

RESPONSES = "responses.jsonl"
EVIDENCE = "evidence.json"
