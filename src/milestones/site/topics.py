"""The parts of the history, and the order in which to read what is in them."""

from typing import NamedTuple


class Topic(NamedTuple):
    """A part of the history, with its notes in the order in which to read them."""

    title: str
    about: str
    slugs: tuple[str, ...]


def _topic(title: str, about: str, slugs: str) -> Topic:
    return Topic(title, about, tuple(slugs.split()))


TOPICS = {
    "foundations": _topic(
        "Foundations",
        "How networks came to learn their own features, and to look at pictures.",
        "backprop convnet lenet alexnet unet",
    ),
    "training": _topic(
        "Training",
        "What keeps deep networks trainable, and keeps large ones from learning the noise.",
        "weight_decay relu residual dropout batch_norm layer_norm gelu adam",
    ),
    "sequences": _topic(
        "Sequences",
        "Memory, words as vectors, and the road from recurrence to attention.",
        "rnn lstm forget_gate bidirectional_lstm word2vec phrase2vec glove encoder_decoder "
        "seq2seq attention elmo mixture_of_experts decoding",
    ),
    "transformers": _topic(
        "Transformers",
        "One architecture, grown in size and then taught what people want from it.",
        "transformer transformer_xl gpt bert roberta t5 gpt2 gpt3 back_translation lora ppo rlhf "
        "instruct_gpt helpful_harmless vision_transformer zero_shot_reasoners",
    ),
    "generation": _topic(
        "Generation",
        "Networks that make pictures: adversaries, latent codes and diffusion.",
        "gan wgan transgan vae vq_vae vq_vae_2 diffusion ddpm improved_ddpm guided_diffusion "
        "latent_diffusion clip dalle dalle2",
    ),
    "representation": _topic(
        "Representation",
        "Learning what data look like when nobody has labelled them.",
        "autoencoder denoising_autoencoder simclr byol swav wav2vec",
    ),
    "control": _topic("Control", "Learning to act, from reward alone.", "dqn"),
    "retrieval": _topic(
        "Retrieval", "Looking things up instead of remembering them.", "faiss kilt"
    ),
    "scaling": _topic(
        "Scaling",
        "How results grow with size, and how to make the hardware keep up.",
        "scaling_laws chinchilla flash_attention inference_memory",
    ),
}
"""The topics in reading order; the one place that lists them and the order of their notes."""
