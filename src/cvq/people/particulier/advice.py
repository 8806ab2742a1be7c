"""What to do after a call that told nothing, in one sentence for whoever sees to it."""

from django.utils.translation import gettext_lazy as _

from cvq.people.models import CallOutcome

ADVICE = {
    CallOutcome.TOLD: _("Rien à faire."),
    CallOutcome.NOT_FOUND: _(
        "La famille n'a pas de dossier à la CAF ni à la MSA : demandez-lui son avis d'impôt."
    ),
    CallOutcome.NOT_RECOGNISED: _(
        "Vérifiez l'état civil sur une pièce d'identité, et notez de nouveau l'accord."
    ),
    CallOutcome.NOT_ALLOWED: _(
        "Vérifiez le jeton, ses droits et le SIRET sur particulier.api.gouv.fr."
    ),
    CallOutcome.TOO_MANY: _("Rien à faire : la suite attend que la limite soit passée."),
    CallOutcome.BUSY: _("Rien à faire : l'appel sera refait."),
    CallOutcome.DOWN: _("Rien à faire : l'appel sera refait, et le prix ne bouge pas."),
    CallOutcome.UNREADABLE: _(
        "La réponse n'est pas celle que la documentation décrit : signalez-le à qui tient ce "
        "logiciel."
    ),
}
