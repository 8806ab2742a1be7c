"""The errors of API Particulier v3, word for word.  Réf. docs/references.md, T1."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """An error as it is documented: its status, its code and what it says."""

    status: int
    code: str
    title: str
    detail: str
    parameter: str = ""
    provider: str = ""
    retry_in: int = 0

    def content(self) -> dict[str, Any]:
        """Return the body of the answer."""
        meta: dict[str, Any] = {}
        if self.provider:
            meta["provider"] = self.provider
        if self.retry_in:
            meta["retry_in"] = self.retry_in
        source = {"parameter": self.parameter} if self.parameter else None
        error = {"code": self.code, "title": self.title, "detail": self.detail}
        return {"errors": [{**error, "source": source, "meta": meta}]}


UNKNOWN_TOKEN = Problem(
    401, "00101", "Interdit", "Votre token n'est pas valide ou n'est pas renseigné", "token"
)
EXPIRED_TOKEN = Problem(
    401,
    "00103",
    "Jeton expiré",
    "Votre token est expiré. Vous devez refaire une demande",
    "token",
)
DIVULGED_TOKEN = Problem(
    401,
    "00105",
    "Jeton sur liste noire",
    "Votre jeton est sur liste noire, celui-ci a certainement été divulgué sur un canal "
    "non-sécurisé. Vous pouvez trouver un jeton valide sur votre espace personnel: "
    "https://particulier.api.gouv.fr/compte",
    "token",
)
NOT_ENTITLED = Problem(
    403,
    "00100",
    "Privilèges insuffisants",
    "Votre token est valide mais vos privilèges sont insuffisants. Listez vos privilèges sur "
    "/api/introspect",
    "token",
)
NO_FILE_AT_MSA = Problem(
    404,
    "10003",
    "Dossier allocataire absent MSA",
    "Le dossier allocataire n'a pas été trouvé auprès de la MSA.",
    provider="MSA",
)
NO_FILE_AT_CNAF = Problem(
    404,
    "23003",
    "Dossier allocataire absent CNAF",
    "Le dossier allocataire n'a pas été trouvé auprès de la CNAF.",
    provider="CNAF",
)
NO_FILE = Problem(
    404,
    "35003",
    "Allocataire non référencé",
    "L'allocataire n'est pas référencé auprès des caisses éligibles",
    provider="CNAF & MSA",
)
# The same status and code as the one above, for a fault that is the funds' own.
UNEXPECTED = Problem(
    404,
    "35003",
    "Erreur inattendue",
    "Une erreur inattendue est survenue lors de la collecte des données",
    provider="CNAF & MSA",
)
NO_FILE_OF_A_YOUNG_CHILD = Problem(
    404,
    "37003",
    "Entité non trouvée",
    "Dossier allocataire inexistant. Le document ne peut être édité.",
    provider="CNAV",
)
CONFLICT = Problem(
    409,
    "00015",
    "Conflit",
    "Une requête associé à votre jeton est déjà en cours de traitement pour ces paramètres. "
    "Veuillez attendre la fin du traitement avant d'effectuer une nouvelle requête.",
)
NOT_A_CIVIL_STATUS = Problem(
    422,
    "00366",
    "Entité non traitable",
    "Un ou plusieurs paramètres de civilité ne sont pas correctement formatés",
)
NO_RECIPIENT = Problem(
    422, "00203", "Entité non traitable", "Le paramètre recipient est obligatoire", "recipient"
)
TOO_MANY = Problem(429, "00429", "Trop de requêtes", "Vous avez effectué trop de requêtes")
UNKNOWN_ANSWER = Problem(
    502,
    "37999",
    "Erreur inconnue du fournisseur de données",
    "La réponse retournée par le fournisseur de données est invalide et inconnue de notre "
    "service. L'équipe technique a été notifiée de cette erreur pour investigation.",
    provider="CNAV",
)
NOT_AVAILABLE = Problem(
    504,
    "37001",
    "Service non disponible",
    "Service du fournisseur de données temporairement indisponible ou en maintenance.",
    provider="CNAV",
)
OUT_OF_TIME = Problem(
    504,
    "37002",
    "Intermédiaire hors-délai",
    "Temps d’attente d’une réponse du fournisseur de données écoulé.",
    provider="CNAV",
)
NETWORK = Problem(
    504,
    "00501",
    "Erreur réseau",
    "Problème de connexion au serveur distant. L'erreur peut venir soit du fournisseur, soit de "
    "API Entreprise. Il s'agit souvent d'une erreur temporaire.",
    retry_in=10,
)
NAMES = Problem(
    504,
    "37004",
    "Erreur de résolution DNS",
    "Problème de résolution DNS de l'adresse du serveur",
    provider="CNAV",
)
TOO_MANY_THERE = Problem(
    504,
    "37008",
    "Erreur auprès du fournisseur de données : trop de requêtes",
    "Erreur de fournisseur de donnée : Trop de requêtes effectuées, veuillez réessayer plus tard.",
    provider="CNAV",
)
