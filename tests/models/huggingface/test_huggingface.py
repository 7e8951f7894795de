"""What the package offers by name."""

import ctypes
import gc

from ontogeny.models import huggingface


def test_saving_is_ours_also_beside_packages_that_give_every_object_a_method_of_that_name():
    """nnsight does (`x.save()` in a trace); here as it does it, in the dictionary of `object` itself."""
    (names,) = gc.get_referents(object.__dict__)
    names["save"] = lambda self: "theirs"
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(object))
    try:
        assert (3).save() == "theirs"
        assert huggingface.save.__module__ == "ontogeny.models.huggingface"
    finally:
        del names["save"]
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(object))
    assert not hasattr(3, "save")
