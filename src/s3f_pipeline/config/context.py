"""The context of a run: parameters are made when they are asked for.

Kedro itself puts every parameter, and every leaf of it, into the catalog before it knows which pipeline runs:
22,000 entries for hundreds of experiments, of which a run takes one.
"""

from typing import Any, cast

from kedro.framework.context import CatalogCommandsMixin, KedroContext
from kedro.io import CatalogProtocol, DataCatalog, MemoryDataset
from kedro.io.core import AbstractDataset, Version, is_parameter

from s3f_pipeline.config.loader import ProjectConfigLoader


class ProjectCatalog(DataCatalog, CatalogCommandsMixin):
    """A catalog that has what a loader knows as ``params:<name>``, each as one typed, frozen object."""

    loader: ProjectConfigLoader | None = None

    def __contains__(self, dataset_name: str) -> bool:
        """Whether there is an entry, a pattern or a parameter of a name."""
        return self._has_parameter(dataset_name) or super().__contains__(dataset_name)

    def get(
        self, key: str, fallback_to_runtime_pattern: bool = False, version: Version | None = None
    ) -> AbstractDataset | None:
        """Return an entry, made from its pattern or by the loader if need be; ``None`` if there is none."""
        self._has_parameter(key)
        return super().get(key, fallback_to_runtime_pattern, version)

    def _has_parameter(self, name: str) -> bool:
        """Whether a parameter is in the catalog, or can be put there."""
        if not is_parameter(name) or self.loader is None:
            return False
        if name not in self._datasets:
            try:
                value = self.loader.parameter(name.removeprefix("params:"))
            except KeyError:
                return False
            self[name] = MemoryDataset(value, copy_mode="assign")
        return True


class ProjectContext(KedroContext):
    """Kedro's context, with parameters as our loader types and checks them."""

    @property
    def params(self) -> dict[str, Any]:
        """Parameters that all runs have in common; Kedro's own check of types would build all pipelines."""
        return cast(dict[str, Any], self.config_loader["parameters"])

    def _get_catalog(
        self,
        catalog_class: type = DataCatalog,
        save_version: str | None = None,
        load_versions: dict[str, str] | None = None,
    ) -> CatalogProtocol:
        catalog = cast(ProjectCatalog, super()._get_catalog(ProjectCatalog, save_version, load_versions))
        catalog.loader = cast(ProjectConfigLoader, self.config_loader)
        return catalog
