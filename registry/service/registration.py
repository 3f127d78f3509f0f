"""Accept a new version of a subject, or refuse it with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from registry.model import ANONYMOUS, Content, Origin, Subject, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationOptions:
    """What a request may ask for besides the schema."""

    normalize: bool = False
    force: bool = False
    """Accept it whatever the verdict says."""
    version: int = 0
    """0 is the next or an existing one; -1 the next, stamped; n must be the next number."""
    schema_id: int | None = None
    """To be taken over as it is; in IMPORT mode only."""


class Registration:
    """Registers versions."""

    def register(
        self,
        subject: Subject,
        candidate: Content,
        options: RegistrationOptions = RegistrationOptions(),
        origin: Origin = ANONYMOUS,
    ) -> Version:
        """The version that now holds the candidate: an existing one where the subject already has it.

        Raises InvalidSubject, InvalidSchemaText, SchemaTooLarge, InvalidRuleSet, OperationNotPermitted,
        IncompatibleSchema (with its verdict; the refusal is recorded in the log).
        """
        raise NotImplementedError
