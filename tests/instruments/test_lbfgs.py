import torch

from ontogeny.instruments.lbfgs import Minimisation


def test_a_stack_of_parabolas_is_minimised_exactly_each_at_its_own_pace():
    random = torch.Generator().manual_seed(0)
    factors = torch.randn(6, 8, 8, generator=random)
    bends = factors @ factors.transpose(1, 2) + torch.logspace(-1, 1, 6)[:, None, None] * torch.eye(8)
    goals = torch.randn(6, 8, generator=random)

    def gradient(points, rows):
        return (bends[rows] @ (points - goals[rows])[:, :, None])[:, :, 0]

    problems = Minimisation(gradient, torch.zeros(6, 8))
    converged, found = problems.run(first_step=0.02, tolerance=1e-5, rounds=500), problems.points
    assert converged.all()
    torch.testing.assert_close(found, goals, atol=1e-3, rtol=0)


def test_overshooting_first_steps_are_shortened():
    # log cosh is nearly straight far out: a step scaled to its slope there flies past the minimum.
    def gradient(points, rows):
        return torch.tanh(points - 3)

    problems = Minimisation(gradient, torch.full((4, 2), 9.0))
    converged, found = problems.run(first_step=1e4, tolerance=1e-5, rounds=200), problems.points
    assert converged.all()
    torch.testing.assert_close(found, torch.full((4, 2), 3.0), atol=1e-4, rtol=0)


def test_what_has_not_converged_is_said():
    def gradient(points, rows):
        return torch.where(rows[:, None] == 0, points, points * torch.tensor([1.0, 1e3]))

    problems = Minimisation(gradient, torch.ones(2, 2))
    converged, found = problems.run(first_step=1.0, tolerance=1e-6, rounds=2), problems.points
    assert converged.tolist() == [True, False]
    assert found.shape == (2, 2)
