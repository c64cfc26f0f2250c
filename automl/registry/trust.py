"""A registered model may carry the source of plugins: whose code is run?"""

import warnings
from pathlib import Path

from automl.components.added import recorded_plugins
from automl.errors import Notice, UserError
from automl.tracking.store import Store
from automl.training.bundle import read_bundle


def check_trust(store: Store, bundle: Path, *, trust_plugins: bool) -> None:
    """Refuses a model of a remote store that carries plugins, unless they are trusted; runs nothing of it.

    What `automl plugins add` has added is trusted, by its sha256. Warns with a `Notice` where the model carries another
    text of an added plugin than the one that lies here.

    Raises:
        UserError: It carries a plugin that isn't trusted.
    """
    carried = read_bundle(bundle).plugins
    recorded = recorded_plugins(store.home)
    for source in carried:
        for here in recorded:
            if Path(here.path).name == source.name and here.sha256 != source.sha256:
                text = f"The model uses {source.name} as it was trained (sha256 {source.sha256[:12]}), which it carries"
                warnings.warn(f"{text}, not {here.path} (sha256 {here.sha256[:12]}).", Notice, stacklevel=2)
    trusted = {plugin.sha256 for plugin in recorded}
    unknown = [source for source in carried if source.sha256 not in trusted]
    if store.is_own or trust_plugins or not unknown:
        return
    names = ", ".join(f"{source.name} (sha256 {source.sha256})" for source in unknown)
    raise UserError(
        f"The model comes from {store.shown} and carries code that would run with your rights: {names}.",
        hint=f"Read it in {bundle / 'plugins'}. If you trust it: --trust-plugins (in Python trust_plugins=True), or "
        "`automl plugins add` the same file, whose sha256 is trusted from then on.",
    )
