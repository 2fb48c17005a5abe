"""What can happen to a task."""

from calamity.domain.timeline.body import Body, Count, Sentence, Text


class TaskStarted(Body, frozen=True, tag="task-started"):
    """Someone took a task up."""

    step: str
    title_nl: Sentence
    title_en: Sentence
    note: Text | None = None
    occurrence: int = 1


class TaskDone(Body, frozen=True, tag="task-done"):
    """A task is done; *note* holds the evidence."""

    step: str
    title_nl: Sentence
    title_en: Sentence
    note: Text | None = None
    occurrence: int = 1


class TaskSkipped(Body, frozen=True, tag="task-skipped"):
    """A task was left out on purpose."""

    step: str
    title_nl: Sentence
    title_en: Sentence
    reason: Text
    occurrence: int = 1


class TaskMissed(Body, frozen=True, tag="task-missed"):
    """So many times of a repeated task passed while nothing ran; only the last one was opened."""

    step: str
    title_nl: Sentence
    title_en: Sentence
    times: Count


class TaskHanded(Body, frozen=True, tag="task-handed"):
    """A task went from one role to another, which may hand it on.

    *task_id* says which: two playbooks may have a step of one code.
    """

    task_id: str
    step: str
    title_nl: Sentence
    title_en: Sentence
    from_role: str
    to_role: str
    reason: Text | None = None
    occurrence: int = 1
