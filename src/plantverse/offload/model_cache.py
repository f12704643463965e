"""Which models sit in a node's memory: leases, eviction and admission. It decides; its owner loads and unloads."""

from dataclasses import dataclass

from plantverse.errors import Conflict, RequestInvalid
from plantverse.offload.retention import Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSize:
    """A model as the cache sees it.

    Args:
        id: Unique id, with its version.
        bytes: Memory it takes, > 0.
        load_s: Seconds to load it.
    """

    id: str
    bytes: int
    load_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Eviction:
    """A model that has to be unloaded, and why."""

    model: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to use a resident model until it is released.

    Args:
        number: Unique in this cache; a fencing token.
        model: Id of the model.
        hit: Whether it was resident already; else the owner loads it now.
        evicted: What the owner has to unload first.
    """

    number: int
    model: str
    hit: bool
    evicted: tuple[Eviction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a model was not admitted; its work goes elsewhere."""

    model: str
    reason: str


class ModelCache:
    """Models in a memory of limited size. A leased model is never evicted; the caller serialises the calls.

    Args:
        bytes: Size of the memory.
        retention: Scores what to keep.
        admission: Admit a newcomer only if its claim is above the sum of the scores that it would evict. Without it
            everything that fits is admitted, and a large model that is asked for rarely sweeps the memory.

    Example:
        >>> from plantverse.offload import Lfu, ModelSize
        >>> cache = ModelCache(bytes=100, retention=Lfu())
        >>> lease = cache.acquire(ModelSize(id="anomaly-7", bytes=60), now_s=0.0)
        >>> lease.hit, cache.used_bytes
        (False, 60)
        >>> cache.release(lease)
    """

    def __init__(self, *, bytes: int, retention: Retention, admission: bool = True) -> None:  # noqa: A002 -- the unit
        if bytes <= 0:
            raise RequestInvalid("bytes", expected="a size above 0", got=bytes)
        self.bytes = bytes
        self.used_bytes = 0
        self.hits = 0
        self.requests = 0
        self._retention = retention
        self._admission = admission
        self._resident: dict[str, ModelSize] = {}
        self._leases: dict[int, str] = {}
        self._held: dict[str, int] = {}
        self._next = 1

    def __contains__(self, model: str) -> bool:
        return model in self._resident

    def load_s(self, model: ModelSize) -> float:
        """Return the seconds that a request would wait for the model: 0 where it is resident."""
        return 0.0 if model.id in self._resident else model.load_s

    def acquire(self, model: ModelSize, now_s: float) -> Lease | Refusal:
        """Lease a model, making room for it where that is worth while.

        Raises:
            RequestInvalid: The model has no size.
        """
        if model.bytes <= 0:
            raise RequestInvalid("bytes", expected="a size above 0", got=model.bytes)
        self.requests += 1
        self._retention.note(model.id, now_s)
        if model.id in self._resident:
            self.hits += 1
            return self._lease(model.id, hit=True)
        victims = self._victims(model, now_s)
        if isinstance(victims, Refusal):
            return victims
        for victim in victims:
            self.used_bytes -= self._resident.pop(victim.model).bytes
            self._retention.evicted(victim.model)
        self._resident[model.id] = model
        self.used_bytes += model.bytes
        self._retention.loaded(model.id, now_s)
        return self._lease(model.id, hit=False, evicted=victims)

    def release(self, lease: Lease) -> None:
        """Give a lease back.

        Raises:
            Conflict: It was given back already, or never given.
        """
        if self._leases.pop(lease.number, None) != lease.model:
            raise Conflict(f"{lease.model}: lease {lease.number} is not held")
        self._held[lease.model] -= 1
        if not self._held[lease.model]:
            del self._held[lease.model]

    def drop(self, model: str) -> None:
        """Forget a resident model that its owner unloaded, or could not load after all (once the lease is released).

        Raises:
            Conflict: It is leased, or not resident.
        """
        if model in self._held or model not in self._resident:
            raise Conflict(f"{model}: {'is leased' if model in self._held else 'is not resident'}")
        self.used_bytes -= self._resident.pop(model).bytes
        self._retention.evicted(model)

    def _lease(self, model: str, *, hit: bool, evicted: tuple[Eviction, ...] = ()) -> Lease:
        lease = Lease(number=self._next, model=model, hit=hit, evicted=evicted)
        self._next += 1
        self._leases[lease.number] = model
        self._held[model] = self._held.get(model, 0) + 1
        return lease

    def _victims(self, model: ModelSize, now_s: float) -> tuple[Eviction, ...] | Refusal:
        if model.bytes > self.bytes:
            return Refusal(model=model.id, reason=f"needs {model.bytes} bytes, the memory has {self.bytes}")
        score = self._retention.score
        ranked = sorted((score(m, now_s), m) for m in self._resident if m not in self._held)
        missing = model.bytes - (self.bytes - self.used_bytes)
        chosen: list[tuple[str, float]] = []
        while missing > 0 and ranked:
            kept, victim = ranked.pop(0)
            missing -= self._resident[victim].bytes
            chosen.append((victim, kept))
        if missing > 0:
            return Refusal(model=model.id, reason=f"{missing} bytes are missing, all else is leased")
        for victim, kept in reversed(chosen):  # the last ones may have made earlier ones needless
            if missing + self._resident[victim].bytes <= 0:
                missing += self._resident[victim].bytes
                chosen.remove((victim, kept))
        worth = sum(kept for _, kept in chosen)
        claim = self._retention.claim(model.id, now_s)
        if self._admission and chosen and claim <= worth:
            return Refusal(model=model.id, reason=f"claim {claim:.4g} is not above the {worth:.4g} that it would evict")
        rule = self._retention.name
        return tuple(
            Eviction(model=victim, reason=f"lowest {rule} score, {kept:.4g}; {model.id} takes its room")
            for victim, kept in chosen
        )
